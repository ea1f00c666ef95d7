# SPDX-License-Identifier: Apache-2.0
"""What the machine answers when it does not do what it was asked, in a sentence for a person."""
from answer import CommandError
from bundles import printable
from varlink import VarlinkError

NO_APP = "there is no app {id}: ./bulkhead list shows those that there are"
BUSY_SHELL = "somebody has a shell on this machine already"
SENTENCES = {  # of the errors in api/internal, by their names without "io.bulkhead."
    "Hypervisor.NoSuchApp": NO_APP, "Hypervisor.AlreadyRunning": "{id} runs already", "Hypervisor.NotRunning": "{id} does not run",
    "Hypervisor.StartFailed": "{id} does not start: {reason}; ./bulkhead machine log has what was said before that",
    "Debug.NoSuchVm": NO_APP.replace("{id}", "{vm}"), "Debug.NotRunning": "{vm} does not run: ./bulkhead run {vm} starts it",
    "Debug.NoShell": "{vm} does not allow it: its manifest has no \"shell\": true", "Debug.ShellTaken": BUSY_SHELL,
    "Software.NoSuchApp": NO_APP, "Software.NoDisk": "this machine has no disk for apps", "Software.Failed": "{reason}",
    "Software.Busy": "something else is being done with the apps: try again when it is", "Software.Theirs": "{id} came with the machine, and stays",
    "Software.Running": "{id} runs again", "Software.NothingToKeep": "{id} has kept nothing yet",
    "Software.NoSuchPoint": "{id} has no such restore point: ./bulkhead points {id} shows those that there are",
    "Software.TooManyPoints": "{id} has {most} restore points by hand: ./bulkhead points {id} --forget POINT lets one go",
}


def refusal(error: VarlinkError, **asked) -> CommandError:
    """`asked`: what the machine was asked about, where it does not say so itself. An error without a sentence stays as it is."""
    text = SENTENCES.get(error.name.removeprefix("io.bulkhead."))
    try:
        return error if text is None else CommandError(printable(text.format(**asked | error.parameters)))
    except KeyError:
        return error
