# SPDX-License-Identifier: Apache-2.0
"""What ./bulkhead runs: python3 cli."""
import signal
import sys

heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not ignored by who called
if heard:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while the command's parts are loaded, Control-C ends it without a traceback

import bulkhead  # noqa: E402

if heard:
    signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(bulkhead.main())
