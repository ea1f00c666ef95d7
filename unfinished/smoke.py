import sys, time, os, pathlib
sys.path[:0]=['/src/cli','/src/tests/e2e']
import machine
from drive import wait_for, type_text, press, click, wait_log
mic=pathlib.Path('/src/out/mic.raw'); spk='/src/out/spk.raw'
import struct
mic.write_bytes(b''.join(struct.pack('=2h',*[(a*7+32768)%65536-32768]*2) for a in range(48000*60)))
machine.down(force=True)
t=time.time()
try:
    machine.up(headless=True, chosen='auto', memory='2560M', microphone=str(mic), speaker=spk)
    print('up', time.time()-t, flush=True)
    d=machine.debug()
    T='io.bulkhead.terminal'
    d.call('io.bulkhead.Hypervisor.Start', id=T)
    wait_for(lambda: next(a for a in machine.status()['apps'] if a['id']==T)['state']=='running','terminal')
    time.sleep(15)
    machine.screenshot(pathlib.Path('/src/out/s1.png'))
    type_text("seq 40000 >x; aplay -t raw -f dat x\n")
    time.sleep(6)
    machine.screenshot(pathlib.Path('/src/out/s2.png'))
    type_text("arecord -q -t raw -f dat -d 9 | od -d | head -n 90 | tail -n 5\n")
    rec=wait_for(lambda: next(a for a in machine.status()['apps'] if a['id']==T).get('recording'),'recording',20)
    print('recording', rec)
    time.sleep(12)
    machine.screenshot(pathlib.Path('/src/out/s3.png'))
    type_text("arecord -q -t raw -f dat -d 4 | od -d | tail -n 5\n")
    wait_for(lambda: next(a for a in machine.status()['apps'] if a['id']==T).get('recording'),'recording',20)
    d.call('io.bulkhead.Hypervisor.SetMicrophone', id=T, allowed=True)
    time.sleep(9)
    machine.screenshot(pathlib.Path('/src/out/s4.png'))
finally:
    print('\n'.join(l for l in machine.log_lines(None) if 'sound' in l or 'snd' in l))
    machine.down()
b=open(spk,'rb').read()
print('played', len(b), 'nonzero', sum(1 for x in b if x))
