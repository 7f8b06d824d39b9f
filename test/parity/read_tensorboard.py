"""Reads event files with TensorBoard's own reader: JSON of what test/parity/tensorboard.test.ts compares."""
import json
import math
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from google.protobuf import json_format


def main():
    (folder,) = sys.argv[1:]
    reader = EventAccumulator(folder, size_guidance={"scalars": 0, "images": 0, "histograms": 0, "tensors": 0})
    reader.Reload()
    tags = reader.Tags()
    number = lambda value: value if math.isfinite(value) else str(value)
    contents = reader.PluginTagToContent(metadata.PLUGIN_NAME)
    start = metadata.parse_session_start_info_plugin_data(contents[metadata.SESSION_START_INFO_TAG])
    end = contents.get(metadata.SESSION_END_INFO_TAG)
    print(
        json.dumps(
            {
                "scalars": {tag: [[e.step, number(e.value), e.wall_time] for e in reader.Scalars(tag)] for tag in tags["scalars"]},
                "images": {tag: [[e.step, e.width, e.height, len(e.encoded_image_string)] for e in reader.Images(tag)] for tag in tags["images"]},
                "histograms": {
                    tag: [
                        {"step": e.step, "min": h.min, "max": h.max, "num": h.num, "sum": h.sum, "squares": h.sum_squares, "limits": list(h.bucket_limit), "counts": list(h.bucket)}
                        for e in reader.Histograms(tag)
                        for h in [e.histogram_value]
                    ]
                    for tag in tags["histograms"]
                },
                "hparams": {key: json_format.MessageToDict(value) for key, value in start.hparams.items()},
                "group": start.group_name,
                "end": None if end is None else metadata.parse_session_end_info_plugin_data(end).status,
            }
        )
    )


if __name__ == "__main__":
    main()
