// SPDX-License-Identifier: Apache-2.0
// A web app that knows nothing of Bulkhead: what it asks of the web, the system answers.
const $ = (id) => document.getElementById(id);
const say = (text) => {
  if ($('state').textContent === text)
    return;
  $('state').textContent = text;
  console.log(text);
};

$('list').value = localStorage.getItem('list') ?? $('list').value;
$('list').oninput = () => localStorage.setItem('list', $('list').value);
$('list').onpaste = ({clipboardData}) => say(`Pasted: ${clipboardData.getData('text/plain')}.`);

// Two seconds of a tone, as a WAV file of 8 bits.
function chime() {
  const rate = 8000, size = 2 * rate, file = new Uint8Array(44 + size), fields = new DataView(file.buffer);
  [[0, 'RIFF'], [8, 'WAVEfmt '], [36, 'data']].forEach(([at, name]) => file.set(new TextEncoder().encode(name), at));
  [[4, 36 + size], [16, 16], [24, rate], [28, rate], [40, size]].forEach(([at, value]) => fields.setUint32(at, value, true));
  [[20, 1], [22, 1], [32, 1], [34, 8]].forEach(([at, value]) => fields.setUint16(at, value, true));
  for (let at = 0; at < size; at++)
    file[44 + at] = 128 + 100 * Math.sin(2 * Math.PI * 500 * at / rate);
  const sound = new Audio(URL.createObjectURL(new Blob([file], {type: 'audio/wav'})));
  sound.onended = sound.onerror = () => URL.revokeObjectURL(sound.src);
  sound.play();
}

$('start').onclick = async () => {
  const minutes = Number($('minutes').value);
  if (await Notification.requestPermission() !== 'granted')
    say('I may not call you.');
  say(`It brews for ${minutes} minutes.`);
  setTimeout(() => {
    const call = new Notification('Tea is ready', {body: `${minutes} minutes have passed.`, tag: 'tea'});
    call.onclick = () => say('Enjoy it.');
    call.onclose = () => console.log('the call was answered');
    chime();
    say('Tea is ready.');
  }, minutes * 60000);
};

$('where').onclick = () => navigator.geolocation.getCurrentPosition(
  ({coords}) => say(`You are within ${coords.accuracy} m of ${coords.latitude.toFixed(3)}, ${coords.longitude.toFixed(3)}.`),
  (error) => say(error.code === error.PERMISSION_DENIED ? 'I may not know where you are.' : 'Nobody knows where you are.'));

$('open').onchange = async () => {
  const [file] = $('open').files;
  if (!file)
    return;
  $('list').value = await file.text();
  $('list').oninput();
  say(`That is ${file.name}, ${$('list').value.length} letters.`);
};

$('save').onclick = () => {
  const url = URL.createObjectURL(new Blob([$('list').value], {type: 'text/plain'}));
  Object.assign(document.createElement('a'), {href: url, download: 'Shopping list.txt'}).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
};

$('print').onclick = () => print();

$('copy').onclick = () => navigator.clipboard.writeText($('list').value).then(() => say('Copied.'), () => say('It is not copied.'));

// Until it is louder than a whisper.
$('hear').onclick = async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true}).catch((error) => say(`I cannot hear: ${error.name}.`));
  if (!stream)
    return;
  const context = new AudioContext(), heard = new AnalyserNode(context, {fftSize: 2048}), loud = new Uint8Array(heard.frequencyBinCount);
  new MediaStreamAudioSourceNode(context, {mediaStream: stream}).connect(heard);
  say('I hear nothing yet.');
  const look = setInterval(() => {
    heard.getByteFrequencyData(loud);
    const peak = loud.indexOf(Math.max(...loud));
    if (loud[peak] < 150)
      return;
    clearInterval(look);
    stream.getTracks().forEach((track) => track.stop());
    say(`It whistles at ${Math.round(peak * context.sampleRate / 2 / loud.length / 100) * 100} Hz.`);
    context.close();
  }, 200);
};

// Until it is pressed again, or the camera is gone.
let rest = null;
$('see').onclick = async () => {
  if (rest)
    return rest();
  const stream = await navigator.mediaDevices.getUserMedia({video: true}).catch((error) => say(`I cannot see: ${error.name}.`));
  if (!stream)
    return;
  const [track] = stream.getVideoTracks(), cup = $('cup'), drawn = new OffscreenCanvas(1, 1).getContext('2d');
  let look = null;
  rest = () => {
    clearInterval(look);
    track.stop();
    cup.hidden = true;
    rest = null;
    say('I look no more.');
  };
  track.onended = () => {
    rest();
    say('The camera is gone.');
  };
  cup.srcObject = stream;
  cup.hidden = false;
  await cup.play();
  look = rest && setInterval(() => {
    drawn.drawImage(cup, 0, 0, 1, 1);
    const [red, green, blue] = drawn.getImageData(0, 0, 1, 1).data;
    say(`Its brightness is ${Math.round((red + green + blue) / 3)}, says ${track.label}.`);
  }, 1000);
};
