"""Single training steps by timm and PyTorch, for the parts of a recipe that are more than an optimizer and a loss."""
from unittest import mock

import numpy as np
import torch
from safetensors.torch import load_file


def gaps(ours, net):
    """Of every gradient, over the largest of its tensor; what is zero in exact arithmetic is left out."""
    theirs = {name: p.grad.double() for name, p in net.named_parameters()}
    least = 1e-6 * max(g.abs().max() for g in theirs.values())
    return {name: float((ours[name].double() - g).abs().max() / g.abs().max()) for name, g in theirs.items() if g.abs().max() > least}


def patch_dropout(request):
    """timm's own PatchDropout in a training step, whose random numbers are made to choose the given patches."""
    from timm.models.vision_transformer import VisionTransformer

    answer = []
    for one in request:
        given, ours = load_file(one["given"]), load_file(one["ours"])
        images, targets, keep = given.pop("images").permute(0, 3, 1, 2), given.pop("targets"), given.pop("keep").long()
        net = VisionTransformer(**one["options"], num_classes=targets.shape[1]).train()
        net.load_state_dict(given, strict=True)

        def run(chosen):
            patches = net.patch_embed.num_patches
            order = torch.full((len(chosen), patches), float(patches))
            order.scatter_(1, chosen, torch.arange(chosen.shape[1], dtype=torch.float32).expand_as(chosen))
            net.zero_grad()
            with mock.patch("torch.randn", lambda *_, **__: order):
                logits = net(images)
            loss = torch.nn.functional.cross_entropy(logits, targets)
            loss.backward()
            return logits, loss

        # Control: other patches, and so other numbers.
        off, _ = run((keep + 1) % net.patch_embed.num_patches)
        logits, loss = run(keep)
        far = lambda a: float((ours["logits"] - a).abs().max())
        answer.append({"logits": far(logits.detach()), "loss": loss.item(), "gradients": gaps(ours, net), "control": far(off.detach())})
    return answer


def resized(request):
    """timm's own `dynamic_img_size`: a training step on images of another size than the network's."""
    from timm.models.vision_transformer import VisionTransformer

    answer = []
    for one in request:
        given, ours = load_file(one["given"]), load_file(one["ours"])
        images, targets = given.pop("images").permute(0, 3, 1, 2), given.pop("targets")
        net = VisionTransformer(**one["options"], num_classes=targets.shape[1], dynamic_img_size=True).train()
        net.load_state_dict(given, strict=True)
        logits = net(images)
        loss = torch.nn.functional.cross_entropy(logits, targets)
        loss.backward()
        # Control: the table of the whole grid cut, and not resampled.
        with torch.no_grad(), mock.patch("timm.models.vision_transformer.resample_abs_pos_embed", lambda table, new_size, **_: table[:, : table.shape[1] - net.patch_embed.num_patches + new_size[0] * new_size[1]]):
            off = net(images)
        far = lambda a: float((ours["logits"] - a).abs().max())
        answer.append({"logits": far(logits.detach()), "loss": loss.item(), "gradients": gaps(ours, net), "control": far(off)})
    return answer


def distillation(request):
    """timm's own tasks: a student and a teacher whose images are normalised otherwise."""
    from timm.models.deit import VisionTransformerDistilled
    from timm.models.vision_transformer import VisionTransformer
    from timm.task.distillation import LogitDistillationTask
    from timm.task.token_distillation import TokenDistillationTask

    answer = []
    for one in request:
        given, ours = load_file(one["given"]), load_file(one["ours"])
        images, targets, said = given.pop("images").permute(0, 3, 1, 2), given.pop("targets"), given.pop("teacher")
        part = lambda prefix: {name[len(prefix) :]: value for name, value in given.items() if name.startswith(prefix)}
        plan, K = one["distillation"], targets.shape[1]
        student = (VisionTransformerDistilled if one["distilled"] else VisionTransformer)(**one["options"], num_classes=K).train()
        student.load_state_dict(part("student."), strict=True)
        teacher = VisionTransformer(**one["options"], num_classes=K)
        teacher.load_state_dict(part("teacher."), strict=True)
        student.pretrained_cfg, teacher.pretrained_cfg = one["student"], one["teacher"]

        def run(alpha):
            student.zero_grad()
            options = {"criterion": torch.nn.CrossEntropyLoss(), "task_loss_weight": 1 - alpha, "temperature": plan["temperature"], "verbose": False}
            if one["distilled"]:
                loss = TokenDistillationTask(student, teacher, distill_type=plan["kind"], **options)(images, targets)["loss"]
            else:
                task = LogitDistillationTask(student, teacher, **options)
                result = task(images, targets)
                loss = result["loss"]
                if plan["kind"] == "hard":
                    # timm has no hard one without the token: its formula, on the logits that there are.
                    hard = torch.nn.functional.cross_entropy(result["output"], said.argmax(1))
                    loss = (1 - alpha) * result["task_loss"] + alpha * hard
            loss.backward()
            return loss.item()

        with torch.no_grad():
            theirs = teacher(images * torch.tensor(one["student"]["std"]).view(1, 3, 1, 1) / torch.tensor(one["teacher"]["std"]).view(1, 3, 1, 1)
                             + ((torch.tensor(one["student"]["mean"]) - torch.tensor(one["teacher"]["mean"])) / torch.tensor(one["teacher"]["std"])).view(1, 3, 1, 1))
        control = run(plan["alpha"] + 0.01)
        loss = run(plan["alpha"])
        answer.append({"teacher": float((theirs - said).abs().max()), "loss": loss, "gradients": gaps(ours, student), "control": abs(control - loss)})
    return answer
