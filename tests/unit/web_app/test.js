// Runs the test that the URL names behind the "#", and says what it found: one line of JSON.
import {answer} from './sub/module.mjs';

const say = (name, what) => console.log(`${name} ${JSON.stringify(what)}`);
const status = async (path) => {
  const found = await fetch(path).catch(() => null);
  return found && [found.status, found.headers.get('content-type')];
};

const tests = {
  async place() {
    const style = document.head.appendChild(Object.assign(document.createElement('link'), {rel: 'stylesheet', href: 'sub/style.css'}));
    await new Promise((resolve) => { style.onload = resolve; });
    localStorage.setItem('kept', Number(localStorage.getItem('kept')) + 1);
    const opened = await new Promise((resolve) => { indexedDB.open('test').onsuccess = () => resolve(true); });
    say('place', {secure: isSecureContext, origin: location.origin, url: location.href, answer, opened, kept: localStorage.getItem('kept'),
      color: getComputedStyle(document.getElementById('said')).color, json: await (await fetch('data.json')).json()});
  },

  async paths() {
    const found = {};
    for (const path of ['data.json', '/data.json', '/sub/', '/sub', '/route/of/the/app', '/missing.js', '/%2e%2e/secret', '/..%2fsecret',
      '/sub/%2e%2e/%2e%2e/secret', '/link', '/%zz', '/sub/style.css', '/index.html', '/%00'])
      found[path] = await status(path);
    found.post = await fetch('/data.json', {method: 'POST', body: 'x'}).then((answer) => answer.status, () => null);
    history.pushState({}, '', '/route/of/the/app');
    found.pushed = location.pathname;
    say('paths', found);
  },

  async notify() {
    say('permission', [Notification.permission, await Notification.requestPermission()]);
    const first = new Notification('Tea\u202e is\nready', {body: 'Two\ncups', tag: 'tea'});
    first.onclick = () => say('click', 'first');
    first.onclose = () => say('close', 'first');
    first.onshow = () => say('show', 'first');
    const second = new Notification('', {body: 'without a title'});
    second.onclose = () => say('close', 'second');
    window.onhashchange = () => second.close();
    setTimeout(() => say('two', 'posted'), 0);
  },

  many() {
    for (let i = 1; i <= 20; i++)
      new Notification(`Number ${i}`).onclose = () => say('closed', i);
  },

  taken() {
    const one = new Notification('Soon gone');
    one.onshow = () => setTimeout(() => one.close(), 500);
  },

  where() {
    navigator.geolocation.getCurrentPosition(
      ({coords}) => say('here', [coords.latitude, coords.longitude, coords.accuracy]),
      (error) => say('unknown', error.code), {enableHighAccuracy: true});
  },

  look() {
    const dark = matchMedia('(prefers-color-scheme: dark)'), still = matchMedia('(prefers-reduced-motion: reduce)');
    const tell = () => say('look', [dark.matches, still.matches]);
    dark.onchange = tell;
    tell();
  },

  save() {
    const url = URL.createObjectURL(new Blob(['tea and '.repeat(10000)], {type: 'text/plain'}));
    Object.assign(document.createElement('a'), {href: url, download: 'Shopping list.txt'}).click();
  },

  async denied() {
    say('camera', await navigator.mediaDevices.getUserMedia({video: true}).then(() => 'seen', (error) => error.name));
    say('opened', String(window.open('https://example.org/')));
  },
};

tests[location.hash.slice(1)]();
