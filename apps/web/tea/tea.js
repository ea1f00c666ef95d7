// SPDX-License-Identifier: Apache-2.0
// A web app that knows nothing of Bulkhead: what it asks of the web, the system answers.
const $ = (id) => document.getElementById(id);
const say = (text) => { $('state').textContent = text; };

$('list').value = localStorage.getItem('list') ?? $('list').value;
$('list').oninput = () => localStorage.setItem('list', $('list').value);

$('start').onclick = async () => {
  const minutes = Number($('minutes').value);
  if (await Notification.requestPermission() !== 'granted')
    say('I may not call you.');
  say(`It brews for ${minutes} minutes.`);
  setTimeout(() => {
    const call = new Notification('Tea is ready', {body: `${minutes} minutes have passed.`, tag: 'tea'});
    call.onclick = () => say('Enjoy it.');
    call.onclose = () => console.log('the call was answered');
    say('Tea is ready.');
  }, minutes * 60000);
};

$('where').onclick = () => navigator.geolocation.getCurrentPosition(
  ({coords}) => say(`You are at ${coords.latitude.toFixed(3)}, ${coords.longitude.toFixed(3)}.`),
  (error) => say(error.code === error.PERMISSION_DENIED ? 'I may not know where you are.' : 'Nobody knows where you are.'));

$('open').onchange = async () => {
  const [file] = $('open').files;
  if (!file)
    return;
  $('list').value = await file.text();
  $('list').oninput();
  say(`That is ${file.name}.`);
};

$('save').onclick = () => {
  const url = URL.createObjectURL(new Blob([$('list').value], {type: 'text/plain'}));
  Object.assign(document.createElement('a'), {href: url, download: 'Shopping list.txt'}).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
};

$('copy').onclick = () => navigator.clipboard.writeText($('list').value).then(() => say('Copied.'), () => say('It is not copied.'));
