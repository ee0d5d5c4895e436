"""Short ways to write seccomp profiles."""


def profile(*rules, default="SCMP_ACT_ALLOW", **more):
    return {"defaultAction": default, "syscalls": list(rules)} | more


def rule(name, action, **more):
    return {"names": [name], "action": action} | more
