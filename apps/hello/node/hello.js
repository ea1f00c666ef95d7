// SPDX-License-Identifier: Apache-2.0
// The small app of docs/api/languages.md in JavaScript, with Node.js alone: bk-connect node hello.js
// The connection to the system is standard input and output, so what the app has to tell goes to standard error.
'use strict';
const fs = require('node:fs');
const { promisify } = require('node:util');

const read = promisify(fs.read); // Node.js knows no vsock: net.Socket and process.stdin would not take it
const [INPUT, OUTPUT] = [0, 1];
const BUTTONS = [{ id: 'again', label: 'Again' }, { id: 'done', label: 'Done' }];
const WHY_NOT = {
  'org.varlink.service.PermissionDenied': 'I may not know',
  'org.varlink.service.MethodNotFound': 'this system has no such thing',
  'io.bulkhead.Location.NoSource': 'nobody knows',
};

class Refused extends Error {} // the system answered with an error

let received = Buffer.alloc(0);

// The next message; what came behind it is kept.
async function receive() {
  const chunk = Buffer.alloc(65536);
  let end;
  while ((end = received.indexOf(0)) < 0) {
    const { bytesRead } = await read(INPUT, chunk, 0, chunk.length, null);
    if (bytesRead === 0) throw new Error('it closed the connection');
    received = Buffer.concat([received, chunk.subarray(0, bytesRead)]);
  }
  const message = received.subarray(0, end).toString();
  received = received.subarray(end + 1);
  return JSON.parse(message);
}

async function call(method, parameters = {}) {
  fs.writeFileSync(OUTPUT, JSON.stringify({ method, parameters }) + '\0');
  const reply = await receive();
  if (reply.error) throw new Refused(reply.error);
  return reply.parameters;
}

async function introspect() {
  const info = await call('org.varlink.service.GetInfo');
  console.error(info.product, info.version);
  for (const name of info.interfaces) console.error(' ', name);
  const { description } = await call('org.varlink.service.GetInterfaceDescription',
    { interface: 'io.bulkhead.Notification' });
  console.error('methods:', ...Array.from(description.matchAll(/^method (\w+)/mg), ([, name]) => name));
}

// The id of the button that the person pressed; null when they dismissed the notification.
async function ask(body) {
  const post = { title: 'Hello from JavaScript', body, buttons: BUTTONS };
  console.error('posted', (await call('io.bulkhead.Notification.Post', post)).id);
  const { button } = await call('io.bulkhead.Notification.Watch');
  console.error('pressed', button ?? 'nothing');
  return button;
}

async function locate() {
  try {
    const place = await call('io.bulkhead.Location.Watch', { accuracy: 'coarse' });
    console.error(`location: ${place.latitude.toFixed(2)} ${place.longitude.toFixed(2)}`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.error('location:', WHY_NOT[error.message] ?? error.message);
  }
}

async function main() {
  await introspect();
  let button = await ask('Shall I ask again?');
  while (button === 'again') button = await ask('You pressed "Again".');
  await locate();
}

main().catch((error) => {
  console.error(error instanceof Refused ? 'the system refused:' : 'lost the system:', error.message);
  process.exitCode = 1;
});
