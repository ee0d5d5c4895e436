"""Invocations of each command, and what they have to answer: data only. test_commands.py runs them.

`{id}` is the container, `{none}` a name that no container has, `{bundle}` the bundle, `{file}` a file to write to.
`given` is the state of the container before: none, created, running, stopped.
"""

import json
from dataclasses import dataclass, field


@dataclass
class Case:
    words: str  # behind the program and its --root
    given: str = "none"
    status: int = 0
    out: str = ""  # regular expression for all of stdout
    message: str = ""  # regular expression for the message of the last log record
    before: str = ""  # further options in front of the command
    config: dict = field(default_factory=dict)  # of the process
    stdin: str = ""
    logged: bool = True  # the message is in the log too, as a record of level error

    @property
    def name(self):
        process = "".join(f" {key}={json.dumps(value)}" for key, value in self.config.items())
        return f"{self.before} {self.words} ({self.given}{process})".strip()


NOT_EXIST = "container does not exist"
USAGE = r"(?s).*NAME:.*"
TABLE = r"ID +PID +STATUS +BUNDLE +CREATED +OWNER\n"
STATE = r'(?s)\{\n  "ociVersion": ".*"\n\}\n?'

CASES = [
    # The program.
    Case("--version", out=r"\w+ version \d+\.\d+\.\d+(.|\n)*"),
    Case("-v", out=r"\w+ version \d+\.\d+\.\d+(.|\n)*"),
    Case("--help", out=r"NAME:\n   \w+ - Open Container Initiative runtime\n(.|\n)*"),
    Case("-h", out=r"NAME:\n   \w+ - Open Container Initiative runtime\n(.|\n)*"),
    Case("nosuch", status=3, message="No help topic for 'nosuch'"),
    Case("--nosuch list", status=1, logged=False, out=USAGE, message="flag provided but not defined: -nosuch"),
    Case("list", before="--log-format xml", status=1, logged=False, message="invalid log-format: xml"),
    Case("list", before="--root /", status=1, logged=False, message="Option --root argument should not be set to /"),
    Case("list", before="-log {file}", out=TABLE),
    Case("list", before="--debug=false", out=TABLE),
    Case("list", before="--debug=maybe", status=1, logged=False, out=USAGE,
         message='invalid (boolean )?value "maybe" for flag? ?-debug: parse error'),
    # create
    Case("create {id}", before="", given="none"),
    Case("create --bundle {bundle} --pid-file {file} {id}"),
    Case("create -b {bundle} {id}"),
    Case("create -bundle={bundle} -pid-file={file} {id}"),
    Case("create", status=1, out=USAGE, message=r'.*"create" requires exactly 1 argument\(s\)'),
    Case("create {id} more", status=1, out=USAGE, message=r'.*"create" requires exactly 1 argument\(s\)'),
    Case("create {id}", given="created", status=1,
         message=r"\w+ create failed: container with given ID already exists"),
    Case("create a/b", status=1, message=r"\w+ create failed: invalid container ID format"),
    Case("create ..", status=1, message=r"\w+ create failed: invalid container ID format"),
    Case("create -b /nosuch {id}", status=1, message=r"\w+ create failed: chdir /nosuch: no such file or directory"),
    Case("create -b / {id}", status=1,
         message=r"\w+ create failed: JSON specification file config.json not found"),
    Case("create --console-socket {file} {id}", status=1,
         message=r"\w+ create failed: cannot use console socket if runc will not detach or allocate tty"),
    Case("create {id}", status=1, config={"terminal": True},
         message=r"\w+ create failed: cannot allocate tty if runc will detach without setting console socket"),
    Case("create --preserve-fds x {id}", status=1, out=USAGE, message='invalid value "x" for flag -preserve-fds: .*'),
    Case("create --pid-file", status=1, out=USAGE, message="flag needs an argument: -?-pid-file"),
    # run
    Case("run {id}", config={"args": ["true"]}),
    Case("run {id}", config={"args": ["echo", "x"]}, out="x\n"),
    Case("run {id}", config={"args": ["sh", "-c", "exit 7"]}, status=7),
    Case("run {id}", config={"args": ["sh", "-c", "sh -c 'kill -9 $$' 2>/dev/null; exit $?"]}, status=137),
    Case("run -d {id}", config={"args": ["sleep", "100"]}),
    Case("run --keep {id}", config={"args": ["true"]}),
    Case("run {id}", config={"args": ["nosuch"]}, status=1,
         message=r'\w+ run failed: unable to start container process: error during container init: '
                 r'exec: "nosuch": executable file not found in \$PATH'),
    Case("run {id}", config={"args": ["/nosuch"]}, status=1,
         message=r'.*: exec: "/nosuch": stat /nosuch: no such file or directory'),
    Case("run {id}", config={"args": ["/etc"]}, status=1,
         message=r'.*: exec: "/etc": (is a directory: permission denied|permission denied|is a directory)'),
    Case("run {id}", config={"cwd": "nosuch", "args": ["true"]}, status=1, message=r".*[Cc]wd.*absolute.*"),
    Case("run {id}", config={"args": []}, status=1, message=r".*args.*"),
    # start
    Case("start {id}", given="created"),
    Case("start {none}", status=1, message=NOT_EXIST),
    Case("start {id}", given="running", status=1, message="cannot start an already running container"),
    Case("start {id}", given="stopped", status=1, message="cannot start a container that has stopped"),
    Case("start", status=1, out=USAGE, message=r'.*"start" requires exactly 1 argument\(s\)'),
    # state
    Case("state {id}", given="created", out=STATE),
    Case("state {id}", given="running", out=STATE),
    Case("state {id}", given="stopped", out=STATE),
    Case("state {none}", status=1, message=NOT_EXIST),
    Case("state", status=1, out=USAGE, message=r'.*"state" requires exactly 1 argument\(s\)'),
    Case("state {id} --nosuch", given="created", status=1, out=USAGE,
         message="flag provided but not defined: -nosuch"),
    Case("state -- {id}", given="created", out=STATE),
    # list
    Case("list", given="running", out=TABLE + r"\S+ +\d+ +running +\S+ +\S+ +root\n"),
    Case("list", given="stopped", out=TABLE + r"\S+ +0 +stopped +\S+ +\S+ +root\n"),
    Case("list -q", given="created", out=r"\S+\n"),
    Case("list --quiet", out=""),
    Case("list -f json", given="created", out=r'\[\{"ociVersion":.*\}\]\n'),
    Case("list --format=json", out="null\n"),
    Case("list -f xml", status=1, message="invalid format option"),
    Case("list more", status=1, out=USAGE, message=r'.*"list" requires exactly 0 argument\(s\)'),
    # kill
    Case("kill {id}", given="running"),
    Case("kill {id} KILL", given="running"),
    Case("kill {id} SIGKILL", given="created"),
    Case("kill {id} 9", given="running"),
    Case("kill --all {id} 9", given="running"),
    Case("kill -a {id} KILL", given="stopped"),
    Case("kill {id} KILL", given="stopped", status=1, message="container not running"),
    Case("kill {id} 0", given="running"),
    Case("kill {id} NOSUCH", given="running", status=1, message='unknown signal "NOSUCH"'),
    Case("kill {none} KILL", status=1, message=NOT_EXIST),
    Case("kill", status=1, out=USAGE, message=r'.*"kill" requires a minimum of 1 argument\(s\)'),
    Case("kill {id} 9 more", given="created", status=1, out=USAGE,
         message=r'.*"kill" requires a maximum of 2 argument\(s\)'),
    # delete
    Case("delete {id}", given="created"),
    Case("delete {id}", given="stopped"),
    Case("delete {id}", given="running", status=1,
         message=r"cannot delete container \S+ that is not stopped: running"),
    Case("delete -f {id}", given="running"),
    Case("delete {id} --force", given="running"),
    Case("delete {none}", status=1, message=NOT_EXIST),
    Case("delete --force {none}"),
    Case("delete", status=1, out=USAGE, message=r'.*"delete" requires exactly 1 argument\(s\)'),
    # pause, resume
    Case("pause {id}", given="running"),
    Case("pause {id}", given="stopped", status=1, message="container not running"),
    Case("resume {id}", given="running", status=1, message="container not paused"),
    Case("pause {none}", status=1, message=NOT_EXIST),
    # ps
    Case("ps -f json {id}", given="running", out=r"\[\d+\]\n"),
    Case("ps {id}", given="running", out=r"UID +PID.*\n.*\n"),
    Case("ps -f xml {id}", given="running", status=1, message="invalid format option"),
    Case("ps {none}", status=1, message=NOT_EXIST),
    # exec
    Case("exec {id} echo x", given="running", out="x\n"),
    Case("exec {id} sh -c 'exit 3'", given="running", status=3),
    Case("exec --env A=b --cwd /bin {id} sh -c 'echo $A $PWD'", given="running", out="b /bin\n"),
    Case("exec -u 5:6 {id} id -u", given="running", out="5\n"),
    Case("exec {id} nosuch", given="running", status=255,
         message=r'exec failed: unable to start container process: exec: "nosuch": executable file not found in \$PATH'),
    Case("exec {id} true", given="stopped", status=255,
         message="exec failed: cannot exec in a stopped container"),
    Case("exec {none} true", status=255, message="exec failed: container does not exist"),
    Case("exec {id}", given="running", status=255, message=".*(process args cannot be empty|args).*"),
    # update
    Case("update --pids-limit 50 {id}", given="running"),
    Case("update --resources - {id}", given="running", stdin='{"pids":{"limit":60}}'),
    Case("update --memory x {id}", given="running", status=1, message='invalid value for memory: .*'),
    Case("update {none}", status=1, message=NOT_EXIST),
    # events, features, spec
    Case("events --stats {id}", given="running", out=r'\{"type":"stats","id":"[^"]*","data":\{.*\}\}\n'),
    Case("events --stats {id}", given="stopped", status=1, message=r"container with id \S+ is not running"),
    Case("features", out=r'(?s)\{.*"ociVersionMin": ?".*\}\n?'),
    Case("spec --bundle {bundle}", status=1, message=r"File config\.json exists\. Remove it first"),
    Case("spec --rootless more", status=1, out=USAGE, message=r'.*"spec" requires exactly 0 argument\(s\)'),
    Case("spec -b /nosuch", status=1, message="chdir /nosuch: no such file or directory"),
]
COMMANDS = "create delete events exec kill list pause ps resume run spec start state update".split()
CASES += [Case(f"{command} {option}", out=rf"NAME:\n   \w+ {command} - .*(.|\n)*")
          for command in COMMANDS for option in ("-h", "--help")]
