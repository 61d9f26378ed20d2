"""Times the step of a model's program in PyTorch as one of several ranks that share batches by torch.distributed with Gloo,
for tools/ranks.

usage: ranks.py MODEL RANK RANKS PORT WAY SECONDS

WAY is `ddp`: each network is a DistributedDataParallel, which sums gradients while the backward pass goes on; or
`sums`: each optimizer first sums the gradients of its own parameters, in buckets of 25 MiB. Batch statistics are a
rank's own, as is PyTorch's default. Rank 0 prints a line of JSON with the milliseconds of each step.
"""
import importlib
import json
import os
import sys
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

BUCKET = 25 << 18  # floats


def sum_first(optimizer, ranks):
    """Makes the optimizer's step begin with the means of its gradients over the ranks."""
    update = optimizer.step

    def step():
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"]]
        buckets, size = [[]], 0
        for g in gradients:
            if size and size + g.numel() > BUCKET:
                buckets.append([])
                size = 0
            buckets[-1].append(g)
            size += g.numel()
        flat = [torch.cat([g.flatten() for g in bucket]) for bucket in buckets]
        for work in [dist.all_reduce(f, async_op=True) for f in flat]:
            work.wait()
        for bucket, f in zip(buckets, flat):
            for g, part in zip(bucket, f.split([g.numel() for g in bucket])):
                torch.div(part.view_as(g), ranks, out=g)
        update()

    optimizer.step = step


def main(name, rank, ranks, port, way, seconds):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=ranks)
    model = importlib.import_module(name).Model()
    if way == "ddp":
        for child, network in list(model.named_children()):
            setattr(model, child, DistributedDataParallel(network, broadcast_buffers=False))
    else:
        for optimizer in [o for o in vars(model).values() if isinstance(o, torch.optim.Optimizer)]:
            sum_first(optimizer, ranks)
    torch.manual_seed(rank)
    data = model.data()
    times = []
    for _ in range(3):
        model.step(*data)
    go_on = torch.ones(1)
    end = time.perf_counter() + seconds
    while go_on.item():
        start = time.perf_counter()
        model.step(*data)
        times.append((time.perf_counter() - start) * 1e3)
        if len(times) % 8 == 0:  # rank 0 tells all when it is enough
            go_on[0] = time.perf_counter() < end
            dist.broadcast(go_on, 0)
    if rank == 0:
        print(json.dumps({"ms": times, "batch": model.batch, "version": torch.__version__}), flush=True)
    dist.barrier()
    os._exit(0)  # threads of Gloo that are still there may break an ordinary end


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], float(sys.argv[6]))
