"""containerd's CRI plugin, which is what Kubernetes talks to: pods and their containers, by a small client."""

import importlib
import json
import os
import pathlib
import subprocess
import sys

import containerd
from client import wait_for
from lib import linux

POD, CONTAINER, NODE = 0, 1, 2  # NamespaceMode
EXITED = 2  # ContainerState
NETWORK = {"cniVersion": "0.4.0", "name": "pods", "plugins": [
    {"type": "bridge", "bridge": "pods0", "isGateway": True, "ipMasq": True,
     "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.99.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
    {"type": "portmap", "capabilities": {"portMappings": True}}]}
# Method -> the messages of cri.proto that it takes and gives.
METHODS = {
    "Version": ("Empty", "VersionResponse"),
    "RunPodSandbox": ("RunPodSandboxRequest", "RunPodSandboxResponse"),
    "PodSandboxStatus": ("PodId", "PodStatusResponse"),
    "StopPodSandbox": ("PodId", "Empty"), "RemovePodSandbox": ("PodId", "Empty"),
    "CreateContainer": ("CreateContainerRequest", "CreateContainerResponse"),
    "StartContainer": ("ContainerId", "Empty"), "StopContainer": ("StopContainerRequest", "Empty"),
    "RemoveContainer": ("ContainerId", "Empty"), "ContainerStatus": ("ContainerId", "ContainerStatusResponse"),
    "UpdateContainerResources": ("UpdateRequest", "Empty"), "ExecSync": ("ExecSyncRequest", "ExecSyncResponse"),
    "ContainerStats": ("ContainerId", "ContainerStatsResponse")}


class Engine(containerd.Engine):
    packages = (*containerd.Engine.packages, "containernetworking-plugins", "iptables", "python3-grpcio",
                "python3-protobuf", "protobuf-compiler")
    namespace = "k8s.io"

    def start(self):
        self.write("cni/10-pods.conflist", json.dumps(NETWORK))
        super().start()
        self.ok("image", "import", self.images.pause)
        here = pathlib.Path(__file__).resolve().parent
        subprocess.run(["protoc", f"-I{here}", f"--python_out={self.folder}", here / "cri.proto"], check=True)
        for path in (self.folder, "/usr/lib/python3/dist-packages"):  # Debian's grpc, whatever the Python
            sys.path.append(path)
        self.messages = importlib.import_module("cri_pb2")
        grpc = importlib.import_module("grpc")
        self.error, self.channel = grpc.RpcError, grpc.insecure_channel(f"unix://{containerd.SOCKET}")

    def stop(self):
        self.channel.close()
        super().stop()

    def cri(self, method, **fields):
        """One call; its fields are those of the message, nested ones as dicts."""
        request, response = (getattr(self.messages, name) for name in METHODS[method])
        stub = self.channel.unary_unary(f"/runtime.v1.RuntimeService/{method}",
                                        request_serializer=request.SerializeToString,
                                        response_deserializer=response.FromString)
        json_format = importlib.import_module("google.protobuf.json_format")
        return stub(json_format.ParseDict(fields, request()), timeout=60)

    def pod_config(self, name, **namespaces):
        options = {"network": POD, "pid": CONTAINER, "ipc": POD} | namespaces
        os.makedirs(self.path(f"logs/{name}"), exist_ok=True)
        hostname = "" if options["network"] == NODE else name
        return {"metadata": {"name": name, "uid": name, "namespace": "default"}, "hostname": hostname,
                "log_directory": self.path(f"logs/{name}"),
                "linux": {"security_context": {"namespace_options": options}}}

    def run_pod(self, name, **namespaces):
        config = self.pod_config(name, **namespaces)
        return self.cri("RunPodSandbox", config=config, runtime_handler="skiff").pod_sandbox_id

    def run_container(self, pod, pod_name, name, script, linux_options=None, **more):
        """Creates and starts a container in the pod."""
        options = {"security_context": {}} | (linux_options or {})
        options["security_context"].setdefault("namespace_options", {"pid": CONTAINER})
        config = {"metadata": {"name": name}, "image": {"image": "localhost/box:1"}, "command": ["sh", "-c", script],
                  "log_path": f"{name}.log", "linux": options} | more
        made = self.cri("CreateContainer", pod_sandbox_id=pod, config=config, sandbox_config=self.pod_config(pod_name))
        self.cri("StartContainer", container_id=made.container_id)
        return made.container_id

    def exec(self, container, script):
        """(exit status, stdout) of a shell script in the container."""
        done = self.cri("ExecSync", container_id=container, cmd=["sh", "-c", script], timeout=20)
        return done.exit_code, done.stdout.decode().strip()

    def memory_used(self, container):
        """In bytes; 0 while the shim has no statistics yet."""
        try:
            return self.cri("ContainerStats", container_id=container).stats.memory.working_set_bytes.value
        except self.error as error:
            assert "unexpected metrics response" in error.details(), error.details()
            return 0

    def remove_pod(self, pod):
        self.cri("StopPodSandbox", pod_sandbox_id=pod)
        self.cri("RemovePodSandbox", pod_sandbox_id=pod)


LOOP = "echo started; trap 'exit 3' TERM; while :; do sleep .1; done"


def test_version(engine):
    assert engine.cri("Version").runtime_name == "containerd"


def test_pod_with_two_containers(engine, name):
    """They have one network and one IPC namespace, and a pid namespace each; the pod's address answers."""
    pod = engine.run_pod(name)
    address = engine.cri("PodSandboxStatus", pod_sandbox_id=pod).status.network.ip
    assert address.startswith("10.99.0."), address
    one = engine.run_container(pod, name, "one", "httpd -p 80 -h /etc; sleep 100")
    two = engine.run_container(pod, name, "two", LOOP)
    kinds = ("net", "ipc", "uts", "pid")
    seen = [engine.exec(container, "cd /proc/self/ns; for i in net ipc uts pid; do readlink $i; done")[1].split()
            for container in (one, two)]
    assert [kind for kind, a, b in zip(kinds, *seen) if a != b] == ["pid"], seen
    assert engine.exec(two, "hostname")[1] == name
    probe = f"for i in 1 2 3 4 5; do wget -q -O - http://{address}/passwd && break; sleep .3; done"
    assert "root:" in engine.exec(two, probe)[1]
    engine.remove_pod(pod)


def test_life_of_a_container(engine, name):
    pod = engine.run_pod(name)
    container = engine.run_container(pod, name, "a", LOOP)
    log = engine.path(f"logs/{name}/a.log")
    wait_for("the log", lambda: "stdout F started" in linux.read_text(log, ""))
    assert engine.exec(container, "echo x") == (0, "x")
    assert engine.exec(container, "exit 4")[0] == 4
    wait_for("statistics", lambda: engine.memory_used(container) > 0)
    engine.cri("StopContainer", container_id=container, timeout=10)
    status = engine.cri("ContainerStatus", container_id=container).status
    assert (status.state, status.exit_code) == (EXITED, 3), status
    engine.cri("RemoveContainer", container_id=container)
    engine.remove_pod(pod)


def test_exec_of_what_is_not_there(engine, name):
    pod = engine.run_pod(name)
    container = engine.run_container(pod, name, "a", LOOP)
    try:
        engine.cri("ExecSync", container_id=container, cmd=["nosuchcommand"], timeout=20)
        raise AssertionError("no error")
    except engine.error as error:
        assert "executable file not found" in error.details(), error.details()
    engine.remove_pod(pod)


def test_limits_and_their_update(engine, name):
    pod = engine.run_pod(name)
    resources = {"memory_limit_in_bytes": 64 << 20, "cpu_quota": 50000, "cpu_period": 100000, "cpu_shares": 512}
    container = engine.run_container(pod, name, "a", LOOP, {"resources": resources})
    script = "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.shares"
    assert engine.exec(container, script)[1].split() == [str(64 << 20), "512"]
    engine.cri("UpdateContainerResources", container_id=container,
               linux={"memory_limit_in_bytes": 96 << 20, "cpu_shares": 256})
    assert engine.exec(container, script)[1].split() == [str(96 << 20), "256"]
    engine.remove_pod(pod)


def test_restricted_container(engine, name):
    """As Kubernetes' restricted policy has it."""
    security = {"run_as_user": {"value": 1234}, "supplemental_groups": [89], "readonly_rootfs": True,
                "no_new_privs": True, "seccomp": {"profile_type": 0}, "masked_paths": ["/proc/keys"],
                "readonly_paths": ["/proc/sys"],
                "capabilities": {"drop_capabilities": ["ALL"], "add_capabilities": ["NET_BIND_SERVICE"]}}
    pod = engine.run_pod(name)
    container = engine.run_container(pod, name, "a", LOOP, {"security_context": security})
    script = "id -u; id -G; grep -e CapBnd -e NoNewPrivs -e Seccomp: /proc/self/status | cut -f 2; touch /x || echo no"
    out = engine.exec(container, script)[1].split()
    assert out[0] == "1234" and "89" in out and out[-4:] == ["0000000000000400", "1", "2", "no"], out
    engine.remove_pod(pod)


def test_mount_of_a_host_folder(engine, name):
    folder = os.path.dirname(engine.write("shared/file", "text"))
    pod = engine.run_pod(name)
    mounts = [{"container_path": "/v", "host_path": folder, "readonly": True}]
    container = engine.run_container(pod, name, "a", LOOP, mounts=mounts)
    assert engine.exec(container, "cat /v/file; touch /v/x || echo refused")[1] == "textrefused"
    engine.remove_pod(pod)


def test_shared_pid_namespace(engine, name):
    pod = engine.run_pod(name, pid=POD)
    options = {"security_context": {"namespace_options": {"pid": POD}}}
    engine.run_container(pod, name, "one", "sleep 97", options)
    two = engine.run_container(pod, name, "two", LOOP, {"security_context": {"namespace_options": {"pid": POD}}})
    assert "sleep 97" in engine.exec(two, "ps")[1]
    engine.remove_pod(pod)


def test_namespaces_of_the_host(engine, name):
    pod = engine.run_pod(name, network=NODE, pid=NODE, ipc=NODE)
    options = {"security_context": {"namespace_options": {"network": NODE, "pid": NODE, "ipc": NODE}}}
    container = engine.run_container(pod, name, "a", LOOP, options)
    out = engine.exec(container, "cd /proc/self/ns; readlink net; readlink pid; readlink ipc")[1].split()
    assert out == [os.readlink(f"/proc/self/ns/{kind}") for kind in ("net", "pid", "ipc")], out
    engine.remove_pod(pod)
