"""Reads a server back with MLflow's own client: JSON of what test/parity/mlflow.test.ts compares."""
import json
import math
import sys

import mlflow
import numpy as np
from mlflow import MlflowClient


def number(value):
    return str(value) if math.isnan(value) or math.isinf(value) else value


def run_of(client, run):
    files = {}

    def walk(path=None):
        for entry in client.list_artifacts(run.info.run_id, path):
            if entry.is_dir:
                walk(entry.path)
            else:
                files[entry.path] = entry.file_size

    walk()
    keys = sorted(run.data.metrics)
    history = {key: [[m.step, number(m.value), m.timestamp] for m in client.get_metric_history(run.info.run_id, key)] for key in keys}
    return {
        "id": run.info.run_id,
        "name": run.info.run_name,
        "status": run.info.status,
        "start": run.info.start_time,
        "end": run.info.end_time,
        "params": run.data.params,
        "tags": run.data.tags,
        "history": history,
        "files": files,
        "datasets": [
            {"name": i.dataset.name, "digest": i.dataset.digest, "profile": json.loads(i.dataset.profile), "schema": json.loads(i.dataset.schema), "context": {t.key: t.value for t in i.tags}}
            for i in run.inputs.dataset_inputs
        ],
        "models": [{"id": m.model_id, "step": m.step} for m in run.outputs.model_outputs] if run.outputs else [],
    }


def main():
    question = json.load(sys.stdin)
    mlflow.set_tracking_uri(question["uri"])
    client = MlflowClient()
    answer = {}
    if "experiment" in question:
        experiment = client.get_experiment_by_name(question["experiment"])
        answer["runs"] = [run_of(client, run) for run in client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])]
    if "model" in question:
        images = np.load(question["images"])
        loaded = mlflow.pyfunc.load_model(question["model"])
        answer["signature"] = loaded.metadata.signature.to_dict()
        answer["pyfunc"] = loaded.predict({"images": images})["logits"].tolist()
        answer["onnx"] = [o.name for o in mlflow.onnx.load_model(question["model"]).graph.output]
    if "download" in question:
        answer["file"] = client.download_artifacts(question["run"], question["download"], question["to"])
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
