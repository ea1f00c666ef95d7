// Runs the test that the URL names behind the "#", and says what it found: one line of JSON.
import {answer} from './sub/module.mjs';

const say = (name, what) => console.log(`${name} ${JSON.stringify(what)}`);
const status = async (path) => {
  const found = await fetch(path).catch(() => null);
  return found && [found.status, found.headers.get('content-type')];
};

// Asks again and again, and says what it was given.
const listen = async (wanted) => {
  let stream = null;
  while (!(stream = await navigator.mediaDevices.getUserMedia(wanted).catch((error) => say('no', [error instanceof DOMException, error.name]))));
  say('heard', [...stream.getAudioTracks(), ...stream.getVideoTracks()].flatMap(({label, readyState}) => [label, readyState]));
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
    say('permission', [Notification.permission, await Notification.requestPermission(),
      (await navigator.permissions.query({name: 'notifications'})).state, (await navigator.permissions.query({name: 'camera'})).state]);
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

  about() {
    navigator.geolocation.watchPosition(
      ({coords}) => say('about', [coords.latitude, coords.longitude, coords.accuracy]),
      (error) => say('unknown', error.code));
    setTimeout(() => tests.where(), 3000);
  },

  async sound() {
    const rate = 8000, size = rate / 2, wav = new DataView(new ArrayBuffer(44 + size));
    [...'RIFF'].forEach((letter, at) => wav.setUint8(at, letter.charCodeAt()));
    [...'WAVEfmt '].forEach((letter, at) => wav.setUint8(8 + at, letter.charCodeAt()));
    [...'data'].forEach((letter, at) => wav.setUint8(36 + at, letter.charCodeAt()));
    [[4, 36 + size], [16, 16], [24, rate], [28, rate], [40, size]].forEach(([at, value]) => wav.setUint32(at, value, true));
    [[20, 1], [22, 1], [32, 1], [34, 8]].forEach(([at, value]) => wav.setUint16(at, value, true));
    for (let at = 0; at < size; at++)
      wav.setUint8(44 + at, 128 + 100 * Math.sin(at / 4));
    const played = new Audio(URL.createObjectURL(new Blob([wav], {type: 'audio/wav'})));
    await new Promise((resolve, reject) => {
      played.onended = resolve;
      played.onerror = () => reject(played.error);
      played.play();
    }).then(() => say('played', played.duration), (error) => say('failed', error.message));
    const context = new AudioContext(), tone = new OscillatorNode(context), heard = new AnalyserNode(context), samples = new Float32Array(1024);
    tone.connect(heard).connect(context.destination);
    tone.start();
    await context.resume();
    do {
      await new Promise((resolve) => setTimeout(resolve, 100));
      heard.getFloatTimeDomainData(samples);
    } while (Math.max(...samples) < 0.9);
    say('loud', context.state);
  },

  async fetches() {
    for (const from of location.hash.split('-').slice(1).map(decodeURIComponent))
      say('fetched', await fetch(from).then((answer) => answer.text(), (error) => error.name));
  },

  turned() {
    const frame = document.body.appendChild(document.createElement('iframe'));
    const of = ({screen: {orientation}}) => [orientation.type, orientation.angle];
    const tell = () => say('turned', [of(window), of(frame.contentWindow), typeof frame.contentWindow.screen.orientation.unlock]);
    screen.orientation.onchange = tell;
    tell();
    screen.orientation.lock('portrait').catch((error) => say('lock', error.name));
  },

  absent() {
    say('absent', ['serviceWorker' in navigator, 'MediaRecorder' in window, 'PushManager' in window, 'speechSynthesis' in window]);
  },

  language() {
    say('language', [navigator.language, navigator.languages, Intl.DateTimeFormat().resolvedOptions().locale, (1234.5).toLocaleString(navigator.language)]);
  },

  look() {
    const dark = matchMedia('(prefers-color-scheme: dark)'), still = matchMedia('(prefers-reduced-motion: reduce)');
    const tell = () => say('look', [dark.matches, still.matches]);
    dark.onchange = tell;
    tell();
  },

  print() {
    print();
    say('printed', null);
  },

  save() {
    const url = URL.createObjectURL(new Blob(['tea and '.repeat(10000)], {type: 'text/plain'}));
    Object.assign(document.createElement('a'), {href: url, download: 'Shopping list.txt'}).click();
  },

  async camera() {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({kind}) => kind === 'videoinput');
    say('cameras', cameras.length);
    const stream = await navigator.mediaDevices.getUserMedia({video: true}).catch((error) => say('blind', error.name));
    if (!stream)
      return;
    const [track] = stream.getVideoTracks(), video = document.body.appendChild(document.createElement('video'));
    track.onended = () => say('ended', [track.label, track.readyState, stream.active]);
    video.srcObject = stream;
    await video.play();
    const canvas = Object.assign(document.createElement('canvas'), {width: video.videoWidth, height: video.videoHeight});
    const drawn = canvas.getContext('2d');
    let seen = 0;
    do {
      await new Promise((resolve) => setTimeout(resolve, 50));
      drawn.drawImage(video, 0, 0);
      [seen] = drawn.getImageData(5, 5, 1, 1).data;
    } while (seen < 150);
    say('sees', [track.label, canvas.width, canvas.height, seen]);
    if (location.hash.endsWith('once'))
      track.stop();
  },

  // Asks again and again, until it sees; and says what it learns later, with and without a clone.
  async asks() {
    const ask = () => navigator.mediaDevices.getUserMedia({video: true}).catch((error) => say('no', [error instanceof DOMException, error.name]));
    let stream = null;
    while (!(stream = await ask()));
    const [track] = stream.getVideoTracks(), [copy] = stream.clone().getVideoTracks();
    await track.applyConstraints({frameRate: 5});
    copy.addEventListener('ended', ({target}) => say('copy', [target === copy, copy.readyState]));
    await new Promise((resolve) => { track.onended = resolve; say('seen', [track.label, track.readyState, copy.readyState]); });
    say('ended', [track.readyState, stream.active]);
    await ask();
  },

  // What is asked in a frame, and all goes away once the person wants it dark.
  frame() {
    document.body.appendChild(document.createElement('iframe')).src = `#${location.hash.split('-')[1]}`;
    matchMedia('(prefers-color-scheme: dark)').onchange = () => document.querySelector('iframe').remove();
  },

  // Two at once that have one name: which of them ends, by how bright it was.
  async pair() {
    const {mediaDevices} = navigator, drawn = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    (await mediaDevices.getUserMedia({video: true})).getTracks().forEach((track) => track.stop());
    const cameras = (await mediaDevices.enumerateDevices()).filter(({kind}) => kind === 'videoinput');
    await Promise.all(cameras.map(async ({deviceId}) => {
      const srcObject = await mediaDevices.getUserMedia({video: {deviceId: {exact: deviceId}}});
      const video = Object.assign(document.body.appendChild(document.createElement('video')), {srcObject});
      await video.play();
      let level = 0;
      do {
        await new Promise((resolve) => setTimeout(resolve, 50));
        drawn.drawImage(video, 0, 0, 1, 1);
        [level] = drawn.getImageData(0, 0, 1, 1).data;
      } while (level < 20);
      srcObject.getVideoTracks()[0].onended = () => say('ended', level > 150);
    }));
    say('pair', cameras.length);
  },

  async hears() {
    webkit.messageHandlers.microphone.postMessage(null); // makes no sense, and has no effect
    await listen({audio: true});
    await Promise.all(Array.from({length: 10}, () => listen({audio: true})));
  },

  // Once it hears, it wants to see when the person wants it dark.
  async then() {
    await listen({audio: true});
    matchMedia('(prefers-color-scheme: dark)').onchange = () => listen({video: true});
  },

  // Past the script: who could not be forgotten, and one more than may wait.
  async waits() {
    const ask = (page) => webkit.messageHandlers.microphone.postMessage({page, waits: true});
    say('number', await ask(NaN));
    const waiting = Array.from({length: 64}, () => ask(1));
    say('more', await ask(1));
    say('waited', await Promise.all(waiting));
  },

  // In a frame that may not.
  sealed() {
    const inner = "navigator.mediaDevices.getUserMedia({audio: true}).catch(({name}) => console.log('sealed ' + JSON.stringify(name)))";
    Object.assign(document.body.appendChild(document.createElement('iframe')), {sandbox: 'allow-scripts', srcdoc: `<script>${inner}</script>`});
  },

  async both() {
    await listen({audio: true, video: true});
  },

  // More at once than there may be: how many give pictures, and what the others are told; and one more once those are let go of.
  async crowd() {
    const ask = () => navigator.mediaDevices.getUserMedia({video: true}).catch((error) => error.name);
    const came = await Promise.all(Array.from({length: 5}, ask)), streams = came.filter((each) => each instanceof MediaStream);
    await Promise.all(streams.map((srcObject) => Object.assign(document.body.appendChild(document.createElement('video')), {srcObject}).play()));
    say('crowd', [streams.length, came.filter((each) => typeof each === 'string')]);
    streams.forEach((stream) => stream.getTracks().forEach((track) => track.stop()));
    while (typeof await ask() === 'string'); // the system sees a little later that they are
    say('after', true);
  },

  // Opens it and lets go of it, again and again: while it plays and is drawn, and before there is a frame.
  async lets() {
    const drawn = new OffscreenCanvas(1, 1).getContext('2d');
    let video = null;
    setInterval(() => {
      if (!video)
        return;
      drawn.drawImage(video, 0, 0, 1, 1);
      drawn.getImageData(0, 0, 1, 1);
    }, 20);
    for (let i = 1; i <= 20; i++) {
      const stream = await navigator.mediaDevices.getUserMedia({video: true});
      video = document.body.appendChild(document.createElement('video'));
      video.srcObject = stream;
      if (i % 4)
        await video.play();
      if (i % 2)
        await new Promise((resolve) => setTimeout(resolve, 50 * (i % 5)));
      stream.getTracks().forEach((track) => track.stop());
      video.hidden = true;
      if (i % 3)
        video.remove();
      say('let', i);
    }
  },

  // The same where frames wait to be drawn; and then what shows it has another one.
  async slow() {
    const {mediaDevices} = navigator, rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const shown = async (srcObject) => {
      const video = Object.assign(document.body.appendChild(document.createElement('video')), {srcObject});
      await video.play();
      await rest(700);
      return video;
    };
    for (let i = 1; i <= 3; i++) {
      const stream = await mediaDevices.getUserMedia({video: true}), video = await shown(stream), [track] = stream.getTracks();
      track.stop();
      await rest(100);
      say('let', [i, track.readyState, stream.active, video.srcObject === stream]);
      video.remove();
    }
    const stream = await mediaDevices.getUserMedia({video: true}), video = await shown(stream), [track] = stream.getTracks();
    track.stop();
    stream.removeTrack(track);
    stream.addTrack((await mediaDevices.getUserMedia({video: true})).getTracks()[0]);
    while (!video.videoWidth)
      await rest(50);
    say('other', [video.videoWidth, video.paused, stream.active]);
  },

  async denied() {
    say('microphone', await navigator.mediaDevices.getUserMedia({audio: true}).then(() => 'heard', (error) => error.name));
    say('camera', await navigator.mediaDevices.getUserMedia({video: true}).then(() => 'seen', (error) => error.name));
    say('opened', String(window.open('https://example.org/')));
  },
};

tests[location.hash.slice(1).split('-')[0]]();
