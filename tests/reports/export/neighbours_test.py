"""TensorBoard and MLflow themselves read what `thaw export` writes: of the example sweep, and of a run of thaw's.

Runs in build/witness (`./dev test` makes it); skipped where that is not there. Neither starts a server.
"""

import glob
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[3]
PYTHON = ROOT / "build" / "witness" / "bin" / "python"
SKIPPED = 77
THAW = WRITE_SWEEP = ""
HOSTILE = "a: \"b\" {c} 'd' <script>alert(1)</script> \u00e4\U0001f600 ../.."


def said(*words):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, timeout=120)
    if result.returncode != 0:
        raise AssertionError(f"{words}: {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


class Exports(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="thaw_neighbours_")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name) / "a folder"
        self.root.mkdir()

    def sweep(self, *choice):
        return said(WRITE_SWEEP, self.root / "runs", *choice).strip()

    def run_folder(self):
        tiny = ROOT / "tests" / "runner" / "tiny.pbtxt"
        return said(THAW, "run", tiny, "--runs", self.root / "runs").rstrip().splitlines()[-1][5:]

    def exported(self, what, to):
        said(THAW, "export", what, "--to", to, "-o", self.root / to)
        return str(self.root / to)


class TensorBoard(Exports):
    def session_groups(self, logdir):
        """What the table of hyperparameters shows: (experiment, groups), as its own handlers answer the browser."""
        files = event_multiplexer.EventMultiplexer()
        files.AddRunsFromDirectory(logdir)
        files.Reload()
        flags = argparse.Namespace(generic_data="true")
        context = base_plugin.TBContext(data_provider=data_provider.MultiplexerDataProvider(files, logdir), flags=flags,
                                        logdir=logdir, multiplexer=files)
        backend = backend_context.Context(context)
        request = api_pb2.ListSessionGroupsRequest(allowed_statuses=[0, 1, 2, 3], start_index=0, slice_size=1000)
        groups = list_session_groups.Handler(RequestContext(), backend, "", request).run().session_groups
        experiment = backend.experiment_from_metadata(
            RequestContext(), "", True, backend.hparams_metadata(RequestContext(), ""),
            provider.ListHyperparametersResult(hyperparameters=[], session_groups=[]))
        return experiment, {group.name: group for group in groups}

    def test_reads_the_curves_of_a_run(self):
        run = self.run_folder()
        [folder] = glob.glob(self.exported(run, "tensorboard") + "/tiny/*")
        for split in ("train", "validation"):
            events = event_accumulator.EventAccumulator(f"{folder}/{split}")
            events.Reload()
            self.assertEqual(events.file_version, 2)
            self.assertEqual([point.step for point in events.Scalars("classification/accuracy")], [1, 2, 3, 4])
            times = [point.wall_time for point in events.Scalars("loss")]
            self.assertEqual(times, sorted(times))
            self.assertGreater(times[0], 1.6e9)
        self.assertEqual(events.Scalars("loss")[0].value, events.Scalars("loss")[0].value)  # not NaN
        best = event_accumulator.EventAccumulator(folder)
        best.Reload()
        self.assertEqual(len(best.Scalars("best/classification/accuracy")), 1)

    def test_shows_a_runs_hyperparameters(self):
        logdir = self.exported(self.run_folder(), "tensorboard")
        said(THAW, "run", ROOT / "tests/runner/tiny.pbtxt", "--runs", self.root / "runs", "--set", "seed=2")
        for run in glob.glob(str(self.root / "runs/tiny/*")):
            self.exported(run, "tensorboard")
        experiment, groups = self.session_groups(logdir)
        self.assertEqual(len(groups), 2)
        infos = {info.name: info for info in experiment.hparam_infos}
        self.assertEqual([name for name, info in infos.items() if info.differs], ["seed"])
        self.assertEqual(infos["train.optimizer.adam.learning_rate"].domain_interval.max_value, 0.001)

    def test_averages_repeats_of_a_sweep(self):
        logdir = self.exported(self.sweep(), "tensorboard")
        experiment, groups = self.session_groups(logdir)
        self.assertEqual(experiment.name, "strategies")
        self.assertEqual([info.name for info in experiment.hparam_infos], ["images", "strategy"])  # it sorts them
        self.assertEqual(sorted(groups), [f"strategy={strategy}, images={images}, momentum=0.9"
                                          for strategy in ("fine-tune", "frozen") for images in (20, 500)])
        whole, partly = (groups[f"strategy=frozen, images={images}, momentum=0.9"] for images in (500, 20))
        self.assertEqual((whole.hparams["strategy"].string_value, whole.hparams["images"].number_value), ("frozen", 500))
        self.assertEqual([session.status for session in whole.sessions], [api_pb2.STATUS_SUCCESS] * 2)
        self.assertEqual([session.status for session in partly.sessions],
                         [api_pb2.STATUS_FAILURE, api_pb2.STATUS_SUCCESS])
        for group in (whole, partly):
            for metric in group.metric_values:
                values = [value.value for session in group.sessions for value in session.metric_values
                          if value.name == metric.name]
                self.assertEqual(len(values), 2)
                self.assertAlmostEqual(metric.value, sum(values) / 2)
        self.assertEqual(len(whole.metric_values), 14)
        self.assertEqual(whole.metric_values[0].name.tag, "best/classification/accuracy")

    def test_reads_a_hostile_name(self):
        experiment, groups = self.session_groups(self.exported(self.sweep(HOSTILE), "tensorboard"))
        self.assertIn(f"strategy={HOSTILE}, images=20, momentum=0.9", groups)
        self.assertIn(HOSTILE, [value.string_value for value in experiment.hparam_infos[1].domain_discrete.values])


class Mlflow(Exports):
    def runs_of(self, store, name):
        client = mlflow.MlflowClient("file:" + urllib.parse.quote(store))
        experiment = client.get_experiment_by_name(name)
        return client, client.search_runs([experiment.experiment_id])

    def test_reads_a_run(self):
        folder = self.run_folder()
        client, [run] = self.runs_of(self.exported(folder, "mlflow"), "tiny")
        self.assertEqual((run.info.status, run.data.tags["thaw.status"]), ("FINISHED", "done"))
        self.assertEqual(run.data.params["train.optimizer.adam.learning_rate"], "0.001")
        history = client.get_metric_history(run.info.run_id, "validation/classification/accuracy")
        self.assertEqual([metric.step for metric in history], [1, 2, 3, 4])
        self.assertTrue(all(0 <= metric.value <= 1 for metric in history))
        self.assertEqual(run.data.metrics["validation/classification/accuracy"], history[-1].value)
        shown = json.loads(said(THAW, "show", folder, "--json"))
        self.assertEqual({name[len("best/"):]: value for name, value in run.data.metrics.items()
                          if name.startswith("best/")}, shown["best_validation"])
        self.assertEqual(sorted(file.path for file in client.list_artifacts(run.info.run_id)),
                         ["experiment.pbtxt", "report.html"])
        page = client.download_artifacts(run.info.run_id, "report.html")
        self.assertEqual(pathlib.Path(page).read_text(), (pathlib.Path(folder) / "report.html").read_text())

    def test_finds_members_by_sweep_parameter_and_point(self):
        store = self.exported(self.sweep(), "mlflow")
        client, runs = self.runs_of(store, "strategies")
        self.assertEqual(len(runs), 8)  # 7 members and their parent
        [parent] = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
        self.assertEqual(parent.info.run_name, "sweep-abcdef012345")
        self.assertEqual([file.path for file in client.list_artifacts(parent.info.run_id)],
                         ["experiment.pbtxt", "members.csv"])
        found = client.search_runs(
            [parent.info.experiment_id],
            f"tags.mlflow.parentRunId = '{parent.info.run_id}' and params.strategy = 'frozen' and params.images = '20'")
        self.assertEqual({run.data.tags["thaw.point"] for run in found}, {"strategy=frozen, images=20, momentum=0.9"})
        self.assertEqual(sorted(run.info.status for run in found), ["FAILED", "FINISHED"])
        for run in runs:
            self.assertEqual(client.get_run(run.info.run_id).info.run_id, run.info.run_id)
            self.assertFalse([value for value in run.data.metrics.values() if math.isnan(value)])

    def test_exporting_again_and_beside_what_is_there_doubles_nothing(self):
        sweep, store = self.sweep(), str(self.root / "mlflow")
        client = mlflow.MlflowClient("file:" + urllib.parse.quote(store))
        theirs = client.create_experiment("strategies")
        own = client.create_run(theirs)
        for _ in range(2):
            self.exported(sweep, "mlflow")
        _, runs = self.runs_of(store, "strategies")
        self.assertEqual(len(runs), 9)
        self.assertIn(own.info.run_id, [run.info.run_id for run in runs])
        self.assertEqual({run.info.experiment_id for run in runs}, {theirs})
        histories = [client.get_metric_history(run.info.run_id, "train/loss") for run in runs]
        self.assertEqual(sorted(len(history) for history in histories), [0, 0, 1, 3, 3, 3, 3, 3, 3])

    def test_reads_a_hostile_name(self):
        _, runs = self.runs_of(self.exported(self.sweep(HOSTILE), "mlflow"), "strategies")
        self.assertEqual(len(runs), 8)
        self.assertIn(HOSTILE, [run.data.params.get("strategy") for run in runs])
        self.assertIn(f"strategy={HOSTILE}, images=20, momentum=0.9, seed=1", [run.info.run_name for run in runs])


if __name__ == "__main__":
    if not PYTHON.exists():
        print(f"skipped: {PYTHON} is not there; ./dev test makes it where PyPI can be reached")
        sys.exit(SKIPPED)
    if pathlib.Path(sys.prefix) != PYTHON.parents[1]:
        # MLflow reads file stores only where one says so, and counts its users unless one says not to.
        os.execve(PYTHON, [str(PYTHON), "-B", *sys.argv],
                  {**os.environ, "MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true",
                   "DO_NOT_TRACK": "true"})
    import argparse
    import json
    import urllib.parse

    import mlflow
    from tensorboard.backend.event_processing import data_provider, event_accumulator
    from tensorboard.backend.event_processing import plugin_event_multiplexer as event_multiplexer
    from tensorboard.context import RequestContext
    from tensorboard.data import provider
    from tensorboard.plugins import base_plugin
    from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups
    THAW, WRITE_SWEEP = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    unittest.main()
