#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the app is, as its own tools see it; then the app.
. /etc/os-release
echo "$PRETTY_NAME on Linux $(uname -r), $(ls /bin | wc -l) commands, $(du -sk / -x 2>/dev/null | cut -f1) KiB"
exec /app/hello
