import * as l10n from '@vscode/l10n';
import type { PracticalNumber } from '../../practicalProtocol';
import { practicalTitle } from './title';
import type { PracticalData } from './data';

/** The guide of a practical: what to do, in VS Code and in a terminal, and what to answer. */
export function practicalGuide(practical: PracticalNumber, data: PracticalData, mlflow: string): string {
  const { goal, steps, questions } = { 1: first, 2: second, 3: third, 4: fourth }[practical](data, mlflow);
  return [
    `# ${practicalTitle(practical)}`,
    '',
    goal,
    '',
    `**${l10n.t('Images')}**: ${aboutData(practical, data)}`,
    '',
    `## ${l10n.t('What to do')}`,
    '',
    ...steps.map((step, i) => `${String(i + 1)}. ${step}`),
    '',
    `## ${l10n.t('What to answer')}`,
    '',
    ...questions.flatMap((question, i) => [`${String(i + 1)}. ${question}`, '', `   > ${l10n.t('(your answer)')}`, '']),
    `## ${l10n.t('What to hand in')}`,
    '',
    l10n.t('This page with your answers, the configurations, and a report: select the runs in the **Runs** view and choose **Write Report…**, or in a terminal `{0}`. Every term of the interface is explained by **ViT Lab: Glossary**, or `{1}`.', 'npx vit-lab report runs/RUN… --out report', 'npx vit-lab explain TERM'),
    '',
  ].join('\n');
}

interface Content {
  readonly goal: string;
  readonly steps: readonly string[];
  readonly questions: readonly string[];
}

function aboutData(practical: PracticalNumber, { drawn, path, classes, cifar }: PracticalData): string {
  const list = classes.length > 20 ? l10n.t('{0} classes', classes.length) : classes.join(', ');
  if (!drawn) return [`\`${path}\`: ${list}.`, ...(practical === 4 && cifar ? [l10n.t('The weights have learned these very classes, among seven others: the test images are new to them, the training images are not.')] : [])].join(' ');
  const ours = l10n.t('`{0}/`, drawn by ViT Lab: {1}. They need no download; what is found with them need not hold for photographs.', path, list);
  return practical === 1 || practical === 3 ? ours : `${ours} ${getCifar()}`;
}

/** What to get where, in place of the drawn images. */
export function getCifar(): string {
  return l10n.t('For CIFAR-10 itself, get the “binary version” (162 MB) from {0}, unpack it, and begin the practical anew with its folder; a folder or zip with train/CLASS/ and test/CLASS/ does as well.', 'https://www.cs.toronto.edu/~kriz/cifar.html');
}

const sweepIn = (file: string): string => l10n.t('Open `{0}` and choose **Run Sweep** above its first line, or in a terminal: `{1}`. Its results fill while it goes on.', file, `npx vit-lab sweep ${file}`);
const trainIn = (file: string): string => l10n.t('Open `{0}` and choose **Train** above its first line, or in a terminal: `{1}`.', file, `npx vit-lab train ${file}`);

function first(): Content {
  return {
    goal: l10n.t('Vary the size of a patch and the width of the tokens, and describe what each is good for. Implement the learned 1-D position embedding of the ViT (Dosovitskiy et al. 2021, section 3.1), plot it, and tell what it has learned.'),
    steps: [
      l10n.t('Open any image and choose **Inspect Image**, tab **Patches**: see how it becomes a sequence of tokens. Over a configuration, **Inspect Untrained** has sliders for patch and width, with the cost of each.'),
      sweepIn('patches.vit.yaml'),
      sweepIn('positions.vit.yaml'),
      l10n.t('Implement the embedding yourself, Z = X + P with P ∈ ℝ^((N+1) × D), learned with the rest and drawn from N(0, 0.02²) at first: in PyTorch `self.pos_embed = nn.Parameter(torch.randn(1, N + 1, D) * 0.02)` and `z = torch.cat([cls, x], 1) + self.pos_embed`. Compare yours with `pos_embed` in the checkpoints of the runs (safetensors, names of timm).'),
      l10n.t('Plot it: choose a checkpoint of a run with `learned`, open an image in the inspector, tab **Position**, and export the picture and the CSV. In a terminal: `{0}`.', 'npx vit-lab inspect runs/RUN IMAGE --features position --svg --csv --npy'),
    ],
    questions: [
      l10n.t('How many tokens does an image have with patches of 4, 8 and 16 pixels? By what factor does the attention matrix grow when the patch is halved, and by what factor did the time of a training?'),
      l10n.t('What are the advantages and drawbacks of small patches, and of wide tokens? Which would you choose for these images, and by which numbers?'),
      l10n.t('What is lost without positions? Is it more than the deviation over the seeds?'),
      l10n.t('To which other positions is a position similar in the learned embedding: its neighbours, its row, its column, itself alone? Has the network found out that the sequence was a grid?'),
      l10n.t('What is different in the sines? Why can those be had for a longer sequence without training, and the learned ones only by interpolation?'),
    ],
  };
}

function second(): Content {
  return {
    goal: l10n.t('Train a ViT from nothing, and beat a naive one by what the papers say about small data. What counts is the reasoning: one change at a time, and a difference that is larger than chance.'),
    steps: [
      trainIn('naive.vit.yaml'),
      l10n.t('Before you train `{0}`: **Preview** shows what a batch looks like, **Estimate** how long it takes. Change it, and write down what you expect.', 'better.vit.yaml'),
      trainIn('better.vit.yaml'),
      l10n.t('Tick both runs in the **Runs** view: curves, final metrics with intervals and the keys that differ stand side by side. In a terminal: `{0}`.', 'npx vit-lab compare runs/RUN runs/RUN'),
      l10n.t('Set the evaluations of both side by side (**Show Evaluation**, then another run beside it): which mistakes were put right, which are new, and McNemar’s test.'),
    ],
    questions: [
      l10n.t('By how much is yours better, with which interval? Does McNemar’s test say that it is more than chance?'),
      l10n.t('Which of the changes did the most? How do you know: what would the run without it say?'),
      l10n.t('Where do the curves of training and validation part? What does that say about the amount of data, and about the inductive bias that a ViT lacks?'),
      l10n.t('Which classes are taken for each other, and what do they have in common?'),
      l10n.t('Show the attention of one head for an image that is classified rightly and for one that is not. What does it look at?'),
    ],
  };
}

function third(): Content {
  return {
    goal: l10n.t('Start from weights that have seen 50,000 photographs (CIFAR-10, `weights/cifar10`) and learn other classes from few images: what is left of what they knew, and what is it worth?'),
    steps: [
      sweepIn('before-after.vit.yaml'),
      l10n.t('Look at the results of the sweep: the same network from scratch, fine-tuned whole, and with its head alone.'),
      l10n.t('Right-click the fine-tuned run and choose **Compare with Starting Weights**: epoch 0 of its curves is what the weights reached before the first step.'),
      l10n.t('Open an image, inspect it with the fine-tuned checkpoint, and set the first weights (or the run from scratch) beside it as B: what do the heads look at before and after?'),
    ],
    questions: [
      l10n.t('How much better is fine-tuning than from scratch with so few images? After how many epochs does the one from scratch reach what the other begins with?'),
      l10n.t('What does the linear probe tell about the features of the weights?'),
      l10n.t('Which maps of attention have changed, those of the first or of the last block? What would you freeze?'),
      l10n.t('The weights have seen photographs. Are your images near to them, and what would you expect of images that are farther away?'),
    ],
  };
}

function fourth(_: PracticalData, mlflow: string): Content {
  return {
    goal: l10n.t('Fine-tune on three classes as one would for a product: tracked, evaluated in full, and reported. The metrics are to be chosen for the task, and read with their intervals.'),
    steps: [
      l10n.t('Start a server, if you have none: `{0}`. The configuration sends to {1}. While no server answers nothing is lost: the run keeps it, and **Send to MLflow…** or `{2}` sends it later.', 'pip install mlflow && mlflow server --port 5000', mlflow, 'npx vit-lab track runs/RUN'),
      trainIn('tracked.vit.yaml'),
      l10n.t('Open the server in a browser: parameters, curves, figures, and the model with its signature.'),
      l10n.t('Choose **Show Evaluation** on the run: every metric with its interval, the confusion matrix (a cell opens its images), the worst mistakes, calibration. In a terminal: `{0}`.', 'npx vit-lab eval runs/RUN'),
      l10n.t('Select the run and choose **Write Report…**.'),
    ],
    questions: [
      l10n.t('Which metric suits this task, and why not accuracy alone? Are the classes even?'),
      l10n.t('How wide are the intervals, and how many test images would halve them?'),
      l10n.t('Is the network calibrated (ECE, reliability diagram)? What would you do before somebody acts on its probabilities?'),
      l10n.t('Look at the most confident mistakes. Is the label wrong, the image unusual, or the network?'),
      l10n.t('Where does it look in a right and in a wrong answer? Which of the methods in **Explain** do you believe, and by which measure?'),
      l10n.t('How would the model be used: with which images, which precision, and what must it not be used for?'),
    ],
  };
}
