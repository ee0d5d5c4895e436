"""A value of the wrong type is refused for each of the 171 fields, with the place of the field in the error."""

import copy
import json

import fields
from full_config import FULL

# Fields whose value is a map with free names: what is in it is of the wrong type.
MAPS = {"/annotations": "name", "/linux/sysctl": "name", "/linux/rdma": "name", "/linux/resources/rdma": "mlx5_0",
        "/linux/resources/unified": "memory.high", "/linux/netDevices": "eth0"}


def steps_of(field):
    """("linux", "devices", 0, "path") of "/linux/devices[]/path"."""
    for part in field[1:].split("/"):
        yield part.removesuffix("[]")
        if part.endswith("[]"):
            yield 0


def put(config, steps, value):
    *way, last = steps
    for step in way:
        config = config[step]
    assert last in config if isinstance(config, dict) else last < len(config), f"{steps} is not in FULL"
    config[last] = value


def path_of(steps):
    """As errors spell it: linux.devices[0].path."""
    text = ""
    for step in steps:
        if step in ("monotonic", "boottime"):  # names that are free
            text += f'["{step}"]'
        else:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def test_wrong_type_of_every_field(bundle):
    wrong = []
    for row in fields.all_rows():
        steps = list(steps_of(row.field))
        if row.field in MAPS:
            steps.append(MAPS[row.field])
        config = copy.deepcopy(FULL)
        put(config, steps, [[]])
        bundle.write(json.dumps(config))
        result = bundle.runtime.call("create", "--bundle", bundle.path, "x")
        place = path_of(steps if row.field not in MAPS else steps[:-1])
        if result.status != 1 or place not in result.error or "expected" not in result.err:
            wrong.append(f"{row.field}: {result.err.strip()}")
    assert not wrong, "\n".join(wrong)
    assert bundle.runtime.ids() == []
