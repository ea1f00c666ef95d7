#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Standard input and output are the connection to the system (bk-connect); the window is standard error. A message ends with a NUL.
post='{"method":"io.bulkhead.Notification.Post","parameters":{"title":"From Debian","body":"%s","buttons":[{"id":"kernel","label":"Which kernel"}]}}'

call() {
    printf '%s\0' "$1"
    IFS= read -r -d '' reply || exit 1
}

call '{"method":"org.varlink.service.GetInfo"}'
product=${reply#*'"product":"'}
version=${reply#*'"version":"'}
echo "System: ${product%%\"*} ${version%%\"*}" >&2
# shellcheck disable=SC2059
call "$(printf "$post" 'It is packed with this app.')"
while :; do
    call '{"method":"io.bulkhead.Notification.Watch"}'
    case $reply in *'"button":"kernel"'*)
        echo "The person asked." >&2
        # shellcheck disable=SC2059
        call "$(printf "$post" "Linux $(uname -r)")"
        ;;
    esac
done
