"""What the files of a run folder must look like, read without any of thaw's own code."""

import json
import pathlib
import struct
import zlib

_ELEMENT_BYTES = {"F32": 4, "F64": 8, "I64": 8}


def problems(folder, was_killed=False, leftovers=frozenset()):
    """What is wrong with the files under `folder`: each must be whole.

    was_killed: a torn last event and temporary files are then no problem; the next run clears them away.
    leftovers: files that are not looked at, left by an earlier kill.
    """
    found = []
    for path in sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file() and p not in leftovers):
        problem = _problem(path, was_killed)
        if problem:
            found.append(f"{path}: {problem}")
    return found


def names(folder):
    """Names of the files a finished run leaves, without those that depend on where it was interrupted."""
    folder = pathlib.Path(folder)
    all_names = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    steps = sorted(n for n in all_names if n.startswith("checkpoints/step-"))
    return all_names - set(steps[:-1]) - {"lock"}


def _problem(path, was_killed):
    if path.suffix == ".tmp":
        return None if was_killed else "a temporary file was left behind"
    data = path.read_bytes()
    if path.suffix == ".safetensors":
        return _safetensors_problem(data)
    if path.suffix == ".binpb":
        return _record_problem(data, was_killed)
    if path.suffix == ".html":
        return None if data.rstrip().endswith(b"</html>") else "does not end with </html>"
    if path.suffix == ".png":
        return None if data.endswith(b"IEND\xaeB`\x82") else "is not a whole PNG"
    if path.name != "lock" and not data:
        return "is empty"
    return None


def _safetensors_problem(data):
    if len(data) < 8:
        return "shorter than its length field"
    (length,) = struct.unpack_from("<Q", data)
    if 8 + length > len(data):
        return "shorter than its header"
    try:
        header = json.loads(data[8 : 8 + length])
    except ValueError as error:
        return f"header is not JSON: {error}"
    if len(header.pop("__metadata__", {}).get("content_sha256", "")) != 64:
        return "carries no SHA-256 of its content"
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        elements = 1
        for dimension in entry["shape"]:
            elements *= dimension
        begin, next_end = entry["data_offsets"]
        if begin != end or next_end - begin != elements * _ELEMENT_BYTES[entry["dtype"]]:
            return f"tensor {name} does not fit"
        end = next_end
    return None if 8 + length + end == len(data) else "tensors do not fill the file"


def _record_problem(data, was_killed):
    at = 0
    while at < len(data):
        if at + 8 > len(data):
            return None if was_killed else "ends in a torn event"
        length, crc = struct.unpack_from("<II", data, at)
        payload = data[at + 8 : at + 8 + length]
        if len(payload) < length:
            return None if was_killed else "ends in a torn event"
        if length == 0 or zlib.crc32(payload) != crc:
            return f"event at byte {at} is damaged"
        at += 8 + length
    return None
