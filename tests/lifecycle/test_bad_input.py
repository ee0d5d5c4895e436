"""Wrong input: runc's sentence, status 1, and nothing left behind."""

import os
import shutil
import time

from lib import each, since


def test_missing_bundle(bundle):
    shutil.rmtree(bundle.path)
    bundle.runtime.fails("no such file or directory", "create", "--bundle", bundle.path, "x")


def test_missing_config(bundle):
    bundle.runtime.fails("JSON specification file config.json not found", "create", "--bundle", bundle.path, "x")
    bundle.runtime.fails("JSON specification file config.json not found", "run", "--bundle", bundle.path, "x")


@since(runc="never", crun="never")
@each(('{"ociVersion": "1.0.2",\n  "process": }', "config.json:2:14"), ("", "config.json"), ("[]", "config.json"),
      ("null", "config"))
def test_broken_json(bundle, text, place):
    bundle.write(text)
    result = bundle.runtime.fails(place, "create", "--bundle", bundle.path, "x")
    assert "config" in result.err


@since(runc="never", crun="never")
@each(("args", "/bin/true"), ("args", [1]), ("cwd", 5), ("user", "root"), ("noNewPrivileges", "yes"), ("env", {}))
def test_wrong_type(bundle, name, value):
    bundle.process[name] = value
    bundle.write()
    result = bundle.runtime.fails(f"process.{name}", "create", "--bundle", bundle.path, "x")
    assert "config.json:" in result.err and "expected" in result.err


@each(("user", {"uid": -1}), ("user", {"uid": 5000000000}), ("oomScoreAdj", "low"), ("rlimits", [{"hard": -1}]))
def test_numbers_out_of_range(bundle, name, value):
    bundle.process[name] = value
    bundle.fails("")


def test_no_process(bundle):
    del bundle.config["process"]
    bundle.write()
    bundle.runtime.fails("process property must not be empty", "run", "--bundle", bundle.path, bundle.new_id())


def test_no_root(bundle):
    del bundle.config["root"]
    bundle.fails("root must be specified")


@each((["/bin/true"], "", "Cwd property must not be empty"), (["/bin/true"], "tmp", "Cwd must be an absolute path"),
      ([], "/", "args must not be empty"))
def test_process(bundle, arguments, cwd, text):
    bundle.process.update(args=arguments, cwd=cwd)
    bundle.fails(text)


def test_unknown_namespace(bundle):
    bundle.set_namespace("astral")
    bundle.fails('does not exist')


def test_namespace_twice(bundle):
    bundle.linux["namespaces"].append({"type": "uts"})
    bundle.fails('duplicated')


def test_missing_rootfs(bundle):
    shutil.rmtree(bundle.rootfs)
    bundle.fails(f"invalid rootfs: stat {bundle.rootfs}: no such file or directory")


@since(crun="never")
def test_rootfs_is_a_symlink(bundle):
    os.rename(bundle.rootfs, bundle.rootfs + "-real")
    os.symlink("rootfs-real", bundle.rootfs)
    bundle.fails("invalid rootfs: not an absolute path, or a symlink")


def test_missing_executable(bundle):
    bundle.fails('exec: "nosuch": executable file not found in $PATH', "nosuch")


def test_missing_executable_with_a_path(bundle):
    bundle.fails('exec: "/no/such": stat /no/such: no such file or directory', "/no/such")


@since(runc="1.2")
@each(("/etc/passwd", "permission denied"), ("/etc", "is a directory"))
def test_executable_is_none(bundle, path, text):
    bundle.fails(f'exec: "{path}": {text}', path)


@since(runc="1.2")
@each("prestart", "createRuntime", "createContainer")
def test_failing_hook(bundle, moment):
    bundle.add_hook(moment, "/bin/true")
    bundle.add_hook(moment, "/bin/false")
    bundle.fails(f"error running {moment} hook #1: exit status 1")


@since(runc="1.2")
@each("prestart", "createRuntime", "createContainer")
def test_hanging_hook(bundle, moment):
    bundle.add_hook(moment, "/bin/sleep", "100", timeout=1)
    begun = time.monotonic()
    bundle.fails(f"error running {moment} hook #0: hook ran past specified timeout of 1.0s")
    assert time.monotonic() - begun < 8


def test_existing_id(bundle):
    container = bundle.create()
    bundle.runtime.fails("container with given ID already exists", "create", "--bundle", bundle.path, container.id)
    bundle.runtime.fails("container with given ID already exists", "run", "--bundle", bundle.path, container.id)
    assert container.status == "created"


@each("a b", "/", "..", ".", "a/b", "../x", "a:b", "ä", "a\n")
def test_invalid_id(bundle, name):
    bundle.write()
    for command in ("create", "run"):
        bundle.runtime.fails("invalid container ID format", command, "--bundle", bundle.path, name)
    for command in ("state", "start", "delete"):
        bundle.runtime.fails("", command, name)
    assert bundle.runtime.ids() == []


@since(crun="never")
def test_empty_id(bundle):
    bundle.write()
    bundle.runtime.fails("container id cannot be empty", "create", "--bundle", bundle.path, "")


@each("a", "A.b-c_d+e9", "0" * 100)
def test_valid_id(bundle, name):
    bundle.process["args"] = ["/bin/true"]
    bundle.write()
    bundle.runtime.ok("run", "--bundle", bundle.path, name)


@each("state", "start", "delete", "kill")
def test_unknown_container(runtime, command):
    os.makedirs(runtime.root)
    runtime.fails("container does not exist", command, "nobody")


@since(crun="never")
@each(("state", 1), ("start", 1), ("delete", 1), ("create", 1), ("run", 1))
def test_missing_argument(runtime, command, count):
    runtime.fails(f'"{command}" requires exactly {count} argument(s)', command)


def test_terminal_without_console_socket(bundle):
    bundle.process["terminal"] = True
    bundle.write()
    bundle.runtime.fails("cannot allocate tty if runc will detach without setting console socket",
                         "create", "--bundle", bundle.path, "x")


@since(runc="1.2")
@each(("hostname", "unable to set hostname without a private UTS namespace"),
      ("domainname", "unable to set domainname without a private UTS namespace"))
def test_name_without_uts_namespace(bundle, member, text):
    bundle.drop_namespace("uts")
    bundle.config.pop("hostname")
    bundle.config[member] = "x"
    bundle.fails(text)


def test_masks_without_mount_namespace(bundle):
    bundle.drop_namespace("mount")
    bundle.fails("unable to restrict sys entries without a private MNT namespace")


def test_state_that_could_not_be_read_again(bundle):
    """Escaped, the text is six times as long, and longer than a document may be."""
    bundle.config["annotations"] = {"text": "<" * (4 << 20)}
    bundle.fails("write state.json: file too large", "/bin/true")


def test_unknown_propagation(bundle):
    bundle.linux["rootfsPropagation"] = "sideways"
    bundle.fails("rootfsPropagation=sideways is not supported")


@since(runc="1.2", crun="never")
def test_root_may_not_be_the_file_system(runtime):
    runtime.flags = ["--root", "/"]
    runtime.fails("Option --root argument should not be set to /", "state", "x")


def test_unknown_fields_are_ignored(bundle):
    bundle.config["future"] = {"answer": 42}
    bundle.process["future"] = [1, "x", None]
    bundle.linux["future"] = True
    assert bundle.run("/bin/echo", "fine") == "fine"
