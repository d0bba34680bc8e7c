"""`cem verify DIR`: whether a release is what was published, by whom; needs no workspace, database or policy."""

from __future__ import annotations

from pathlib import Path

from contracts.exchange import Manifest
from contracts.words import ExitCode
from delivery.publish import MANIFEST, verify_release
from delivery.signing import SIGNATURE, is_signed_by
from flows.run import Outcome


def verify(folder: Path, public_key: Path | None) -> Outcome:
    """Every file against the manifest; with a public key, the manifest against its signature. Code 1 for a fault.

    Raises: PublishRefused when the key is none.
    """
    release = folder.resolve()
    faults = verify_release(release)
    seal = release / SIGNATURE
    said = f"signed, not checked: `--key` names the public key that {SIGNATURE} is to be checked with"
    if public_key is not None:
        if not seal.exists():
            faults.append(f"{SIGNATURE} is missing: this release is not signed")
        elif not is_signed_by((release / MANIFEST).read_bytes(), seal.read_bytes(), public_key.read_bytes()):
            faults.append(f"{SIGNATURE} is not that of this manifest under {public_key}")
        said = f"signed by the holder of {public_key}"
    elif not seal.exists():
        said = "not signed"
    if faults:
        return Outcome(ExitCode.FAILED, f"{release} is not as it was published", tuple(faults))
    manifest = Manifest.from_json((release / MANIFEST).read_bytes())
    return Outcome(
        ExitCode.DONE,
        f"{manifest.week} revision {manifest.revision}: {len(manifest.files)} files as published, {said}",
        (f"inputs {manifest.inputs_digest}", f"policy {manifest.policy_digest}", f"code {manifest.code_version}"),
    )
