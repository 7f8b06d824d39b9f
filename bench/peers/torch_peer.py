"""timm on PyTorch, eager or compiled."""
import timm
import torch
from timm.models.vision_transformer import VisionTransformer

import cct
from speak import serve


def network(shape, maps):
    if shape["architecture"] == "cct":
        return cct.CCT(shape)
    if shape["architecture"] == "resnet":
        net = timm.create_model("resnet18", num_classes=shape["classes"])
        net.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        net.maxpool = torch.nn.Identity()
        return net
    net = VisionTransformer(
        img_size=shape["size"], patch_size=shape["patch"], embed_dim=shape["dim"], depth=shape["depth"],
        num_heads=shape["heads"], mlp_ratio=shape["mlp"], num_classes=shape["classes"],
    )
    if maps:
        for block in net.blocks:
            block.attn.fused_attn = False
    return net


def open_peer(job):
    torch.set_num_threads(job["threads"])
    torch.manual_seed(0)
    workload, compiled = job["workload"], job["variant"] == "compiled"
    shape, maps = workload["shape"], workload.get("maps", False)
    net = network(shape, maps)
    images = torch.randn(shape["batch"], 3, shape["size"], shape["size"])
    label = f"timm {timm.__version__}, PyTorch {torch.__version__}{', compiled' if compiled else ''}"
    if workload["kind"] == "infer":
        return label, inference(net.eval(), images, maps, compiled)
    return label, training(net.train(), images, shape, compiled)


def inference(net, images, maps, compiled):
    kept = []
    if maps:
        for block in net.blocks:
            block.attn.attn_drop.register_forward_hook(lambda _, __, output: kept.append(output))
    run = torch.compile(net) if compiled else net

    def once():
        kept.clear()
        with torch.inference_mode():
            return run(images)

    return once


def training(net, images, shape, compiled):
    labels = torch.arange(shape["batch"]) % shape["classes"]
    entropy = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)
    run = torch.compile(net) if compiled else net

    def once():
        optimizer.zero_grad()
        loss = entropy(run(images), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return once


serve(open_peer)
