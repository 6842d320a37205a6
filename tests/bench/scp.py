"""A file over loopback, from the command to verified and synced, against scp with aes128-gcm.

Both go from tmpfs to tmpfs, one after the other. Needs root and, for scp, an installed sshd, which
is started on a port of its own. `--runs N` (5), `--size MIB` (1024).
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from people import Cast, Timers, a_file, can_build_towns, eventually, report, sha256_of  # noqa: E402

CIPHER = "aes128-gcm@openssh.com"
PORT = 2299


def main():
    options = read_options()
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/bin")
    if not can_build_towns() or not sshd:
        print("Skipped: needs root and an installed sshd (openssh-server).")
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        cast = Cast(folder)
        try:
            with serving(sshd, folder):
                measure(cast, folder, options)
        finally:
            cast.leave()


def measure(cast, folder, options):
    usual = Timers(announce="5s", stale="30s", transfer_silence="600s")
    ana = cast.node("ana", timers=usual)
    ben = cast.node("ben", host=ana.host, port=10001, accept="all", timers=usual)
    ana.sees("ben", within=30)
    source = a_file(folder / "file.bin", options.size << 20)
    ours, theirs = [], []
    for _ in range(options.runs):
        ours.append(send(ana, ben, source))
        theirs.append(copy(folder, source))
    ours = report(f"{options.size} MiB file", ours, "MB/s", digits=0)
    theirs = report(f"{options.size} MiB by scp, aes128-gcm", theirs, "MB/s", digits=0)
    print(f"  ratio of the medians: {ours / theirs:.2f}")


def send(ana, ben, source):
    """MB/s from the command until ben has the file verified and synced."""
    mark, begun = len(ben.events), time.monotonic()
    ana.sends_file(source)
    arrived = ben.receives_file(since=mark, within=600)
    seconds = time.monotonic() - begun
    assert sha256_of(arrived) == sha256_of(source)
    arrived.unlink()
    return source.stat().st_size / 1e6 / seconds


def copy(folder, source):
    """MB/s of one scp."""
    target = folder / "copy.bin"
    begun = time.monotonic()
    subprocess.run(
        ["scp", "-q", "-P", str(PORT), "-i", folder / "user", "-c", CIPHER,
         "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
         source, f"root@127.0.0.1:{target}"],
        check=True, stderr=subprocess.DEVNULL,
    )
    seconds = time.monotonic() - begun
    target.unlink()
    return source.stat().st_size / 1e6 / seconds


@contextmanager
def serving(sshd, folder):
    """An ssh server for this bench alone, with keys of its own."""
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
    settings = {
        "Port": PORT, "ListenAddress": "127.0.0.1", "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "user.pub", "StrictModes": "no", "PidFile": "none",
        "PermitRootLogin": "yes", "UsePAM": "yes", "Ciphers": CIPHER,
        "Subsystem": "sftp internal-sftp",
    }
    config = folder / "sshd_config"
    config.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen([sshd, "-D", "-f", config, "-E", folder / "sshd.log"])
    try:
        log = folder / "sshd.log"
        eventually(lambda: log.exists() and "Server listening" in log.read_text(), "sshd to listen")
        yield
    finally:
        server.terminate()
        server.wait()


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", type=int, default=1024)
    return parser.parse_known_args()[0]


if __name__ == "__main__":
    main()
