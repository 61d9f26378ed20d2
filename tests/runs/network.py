"""Two hosts that are network namespaces of this machine, with a link that is made as slow as a network between them: what an
iteration takes there, beside what `bench --scaling` predicts. Times are printed and not judged.

usage: network.py GANC FOLDER MODEL.gan..        GBITS: of the link (1,10); STEPS: of each measurement (20)
Needs root, Open MPI, and ip and tc (Debian: iproute2); else it is skipped.
"""
import json
import os
import shutil
import subprocess
import sys

GBITS = os.environ.get("GBITS", "1,10").split(",")
STEPS = os.environ.get("STEPS", "20")
BATCH = 128  # of both ranks
ADDRESS = "10.77.0."


def call(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, text=True)


def link_up(gbits):
    for i in "12":
        call("ip", "netns", "add", f"ganc{i}")
    call("ip", "link", "add", "v1", "netns", "ganc1", "type", "veth", "peer", "name", "v2", "netns", "ganc2")
    for i in "12":
        inside = lambda *words: call("ip", "-n", f"ganc{i}", *words)
        inside("link", "set", "lo", "up")
        inside("addr", "add", f"{ADDRESS}{i}/24", "dev", f"v{i}")
        inside("link", "set", f"v{i}", "up")
        call("tc", "-n", f"ganc{i}", "qdisc", "replace", "dev", f"v{i}", "root", "tbf", "rate", f"{gbits}gbit", "burst", "256kb", "latency", "100ms")


def link_down():
    for i in "12":
        call("ip", "netns", "del", f"ganc{i}", check=False)


def agent(folder):
    """A program in place of ssh, which Open MPI starts as AGENT HOST COMMAND."""
    path = os.path.join(folder, "agent.sh")
    with open(path, "w") as file:
        file.write('#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do shift; done\nhost=ganc${1##*.}; shift\n'
                   'exec ip netns exec "$host" unshare -u sh -c "hostname $host; $*"\n')
    os.chmod(path, 0o755)
    return path


def measured(program, folder):
    mca = {"plm_rsh_agent": agent(folder), "btl": "tcp,self", "pml": "ob1", "btl_tcp_if_include": ADDRESS + "0/24", "oob_tcp_if_include": ADDRESS + "0/24"}
    command = ["mpirun.openmpi", "--allow-run-as-root", "-n", "2", "-H", f"{ADDRESS}1:1,{ADDRESS}2:1"]
    command += [word for name, value in mca.items() for word in ("--mca", name, value)]
    inside = ["ip", "netns", "exec", "ganc1", "unshare", "-u", "sh", "-c", 'hostname ganc1; exec "$@"', "sh"]
    return json.loads(call(*inside, *command, program, "bench", "--threads", "1", "--steps", STEPS, "--json").stdout)


def main(ganc, folder, *models):
    tools = ("ip", "tc", "unshare", "mpirun.openmpi", "mpicc.openmpi")
    if os.geteuid() or not all(map(shutil.which, tools)):
        print("left out: it needs root and " + ", ".join(tools), file=sys.stderr)
        sys.exit(77)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    print(f"{'model':12} {'Gbit/s':>7} {'1 rank ms':>10} {'2 ranks ms':>11} {'best':>8} {'predicted':>10}")
    for model in models:
        program = os.path.abspath(os.path.join(folder, "t_" + os.path.basename(model)[:-4]))
        call(ganc, "build", model, "-q", "-o", program, "--mpi=mpicc.openmpi", "--global-batch", str(BATCH), "--ranks", "2")
        for gbits in GBITS:
            link_down()
            try:
                link_up(gbits)
                model_of = json.loads(call(program, "bench", "--threads", "1", "--steps", STEPS, "--json", "--scaling", "--link", gbits, "--latency", "50").stdout)
                found = measured(program, os.path.abspath(folder))
            finally:
                link_down()
            assert found["ranks"] == 2
            predicted = next(row["ms"] for row in model_of["scaling"] if row["ranks"] == 2)
            print(f"{os.path.basename(model)[:-4]:12} {gbits:>7} {model_of['ms_median']:10.2f} {found['ms_median']:11.2f} {found['ms_best']:8.2f} {predicted:10.2f}", flush=True)


main(*sys.argv[1:])
