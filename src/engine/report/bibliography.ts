import type { Reference } from './document';

/** A published work, as BibTeX has it. */
interface Entry {
  readonly type: 'article' | 'inproceedings' | 'book' | 'techreport' | 'misc';
  /** Names of people in BibTeX's order, or of whom it is by. */
  readonly author: string;
  readonly title: string;
  readonly where: string;
  readonly year: number;
  readonly url: string;
}

const entry = (type: Entry['type'], author: string, title: string, where: string, year: number, url: string): Entry => ({ type, author, title, where, year, url });
const arxiv = (id: string): string => `https://arxiv.org/abs/${id}`;
const doi = (id: string): string => `https://doi.org/${id}`;

/** By the keys under which sections cite them. */
const ENTRIES = {
  vit: entry('inproceedings', 'Dosovitskiy, Alexey and Beyer, Lucas and Kolesnikov, Alexander and others', 'An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale', 'ICLR', 2021, arxiv('2010.11929')),
  attention: entry('inproceedings', 'Vaswani, Ashish and Shazeer, Noam and Parmar, Niki and others', 'Attention Is All You Need', 'NeurIPS', 2017, arxiv('1706.03762')),
  swin: entry('inproceedings', 'Liu, Ze and Lin, Yutong and Cao, Yue and others', 'Swin Transformer: Hierarchical Vision Transformer using Shifted Windows', 'ICCV', 2021, arxiv('2103.14030')),
  deit: entry('inproceedings', 'Touvron, Hugo and Cord, Matthieu and Douze, Matthijs and others', 'Training Data-Efficient Image Transformers and Distillation through Attention', 'ICML', 2021, arxiv('2012.12877')),
  deit3: entry('inproceedings', 'Touvron, Hugo and Cord, Matthieu and J{\\\'e}gou, Herv{\\\'e}', 'DeiT III: Revenge of the ViT', 'ECCV', 2022, arxiv('2204.07118')),
  cct: entry('misc', 'Hassani, Ali and Walton, Steven and Shah, Nikhil and others', 'Escaping the Big Data Paradigm with Compact Transformers', 'arXiv:2104.05704', 2021, arxiv('2104.05704')),
  sptlsa: entry('misc', 'Lee, Seung Hoon and Lee, Seunghyun and Song, Byung Cheol', 'Vision Transformer for Small-Size Datasets', 'arXiv:2112.13492', 2021, arxiv('2112.13492')),
  mixer: entry('inproceedings', 'Tolstikhin, Ilya and Houlsby, Neil and Kolesnikov, Alexander and others', 'MLP-Mixer: An all-MLP Architecture for Vision', 'NeurIPS', 2021, arxiv('2105.01601')),
  resnet: entry('inproceedings', 'He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian', 'Deep Residual Learning for Image Recognition', 'CVPR', 2016, arxiv('1512.03385')),
  registers: entry('inproceedings', 'Darcet, Timoth{\\\'e}e and Oquab, Maxime and Mairal, Julien and Bojanowski, Piotr', 'Vision Transformers Need Registers', 'ICLR', 2024, arxiv('2309.16588')),
  rope: entry('misc', 'Su, Jianlin and Lu, Yu and Pan, Shengfeng and others', 'RoFormer: Enhanced Transformer with Rotary Position Embedding', 'arXiv:2104.09864', 2021, arxiv('2104.09864')),
  layerscale: entry('inproceedings', 'Touvron, Hugo and Cord, Matthieu and Sablayrolles, Alexandre and others', 'Going Deeper with Image Transformers', 'ICCV', 2021, arxiv('2103.17239')),
  swiglu: entry('misc', 'Shazeer, Noam', 'GLU Variants Improve Transformer', 'arXiv:2002.05202', 2020, arxiv('2002.05202')),
  rmsnorm: entry('inproceedings', 'Zhang, Biao and Sennrich, Rico', 'Root Mean Square Layer Normalization', 'NeurIPS', 2019, arxiv('1910.07467')),
  dropout: entry('article', 'Srivastava, Nitish and Hinton, Geoffrey and Krizhevsky, Alex and others', 'Dropout: A Simple Way to Prevent Neural Networks from Overfitting', 'Journal of Machine Learning Research 15', 2014, 'https://jmlr.org/papers/v15/srivastava14a.html'),
  droppath: entry('inproceedings', 'Huang, Gao and Sun, Yu and Liu, Zhuang and Sedra, Daniel and Weinberger, Kilian', 'Deep Networks with Stochastic Depth', 'ECCV', 2016, arxiv('1603.09382')),
  patchdrop: entry('misc', 'Liu, Yue and Matsoukas, Christos and Strand, Fredrik and Azizpour, Hossein and Smith, Kevin', 'PatchDropout: Economizing Vision Transformers Using Patch Dropout', 'arXiv:2208.07220', 2022, arxiv('2208.07220')),
  adamw: entry('inproceedings', 'Loshchilov, Ilya and Hutter, Frank', 'Decoupled Weight Decay Regularization', 'ICLR', 2019, arxiv('1711.05101')),
  sgd: entry('inproceedings', 'Sutskever, Ilya and Martens, James and Dahl, George and Hinton, Geoffrey', 'On the Importance of Initialization and Momentum in Deep Learning', 'ICML', 2013, 'https://proceedings.mlr.press/v28/sutskever13.html'),
  lion: entry('inproceedings', 'Chen, Xiangning and Liang, Chen and Huang, Da and others', 'Symbolic Discovery of Optimization Algorithms', 'NeurIPS', 2023, arxiv('2302.06675')),
  lamb: entry('inproceedings', 'You, Yang and Li, Jing and Reddi, Sashank and others', 'Large Batch Optimization for Deep Learning: Training BERT in 76 Minutes', 'ICLR', 2020, arxiv('1904.00962')),
  sgdr: entry('inproceedings', 'Loshchilov, Ilya and Hutter, Frank', 'SGDR: Stochastic Gradient Descent with Warm Restarts', 'ICLR', 2017, arxiv('1608.03983')),
  onecycle: entry('misc', 'Smith, Leslie N. and Topin, Nicholay', 'Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates', 'arXiv:1708.07120', 2018, arxiv('1708.07120')),
  clipping: entry('inproceedings', 'Pascanu, Razvan and Mikolov, Tomas and Bengio, Yoshua', 'On the Difficulty of Training Recurrent Neural Networks', 'ICML', 2013, arxiv('1211.5063')),
  agc: entry('inproceedings', 'Brock, Andrew and De, Soham and Smith, Samuel L. and Simonyan, Karen', 'High-Performance Large-Scale Image Recognition Without Normalization', 'ICML', 2021, arxiv('2102.06171')),
  sam: entry('inproceedings', 'Foret, Pierre and Kleiner, Ariel and Mobahi, Hossein and Neyshabur, Behnam', 'Sharpness-Aware Minimization for Efficiently Improving Generalization', 'ICLR', 2021, arxiv('2010.01412')),
  ema: entry('article', 'Polyak, Boris T. and Juditsky, Anatoli B.', 'Acceleration of Stochastic Approximation by Averaging', 'SIAM Journal on Control and Optimization 30', 1992, doi('10.1137/0330046')),
  smoothing: entry('inproceedings', 'Szegedy, Christian and Vanhoucke, Vincent and Ioffe, Sergey and others', 'Rethinking the Inception Architecture for Computer Vision', 'CVPR', 2016, arxiv('1512.00567')),
  focal: entry('inproceedings', 'Lin, Tsung-Yi and Goyal, Priya and Girshick, Ross and He, Kaiming and Doll{\\\'a}r, Piotr', 'Focal Loss for Dense Object Detection', 'ICCV', 2017, arxiv('1708.02002')),
  mixup: entry('inproceedings', 'Zhang, Hongyi and Cisse, Moustapha and Dauphin, Yann N. and Lopez-Paz, David', 'mixup: Beyond Empirical Risk Minimization', 'ICLR', 2018, arxiv('1710.09412')),
  cutmix: entry('inproceedings', 'Yun, Sangdoo and Han, Dongyoon and Oh, Seong Joon and others', 'CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features', 'ICCV', 2019, arxiv('1905.04899')),
  distillation: entry('misc', 'Hinton, Geoffrey and Vinyals, Oriol and Dean, Jeff', 'Distilling the Knowledge in a Neural Network', 'arXiv:1503.02531', 2015, arxiv('1503.02531')),
  repeated: entry('inproceedings', 'Hoffer, Elad and Ben-Nun, Tal and Hubara, Itay and others', 'Augment Your Batch: Improving Generalization Through Instance Repetition', 'CVPR', 2020, arxiv('1901.09335')),
  inception: entry('inproceedings', 'Szegedy, Christian and Liu, Wei and Jia, Yangqing and others', 'Going Deeper with Convolutions', 'CVPR', 2015, arxiv('1409.4842')),
  randaugment: entry('inproceedings', 'Cubuk, Ekin D. and Zoph, Barret and Shlens, Jonathon and Le, Quoc V.', 'RandAugment: Practical Automated Data Augmentation with a Reduced Search Space', 'NeurIPS', 2020, arxiv('1909.13719')),
  trivialaugment: entry('inproceedings', 'M{\\"u}ller, Samuel G. and Hutter, Frank', 'TrivialAugment: Tuning-Free Yet State-of-the-Art Data Augmentation', 'ICCV', 2021, arxiv('2103.10158')),
  autoaugment: entry('inproceedings', 'Cubuk, Ekin D. and Zoph, Barret and Mane, Dandelion and Vasudevan, Vijay and Le, Quoc V.', 'AutoAugment: Learning Augmentation Strategies from Data', 'CVPR', 2019, arxiv('1805.09501')),
  erasing: entry('inproceedings', 'Zhong, Zhun and Zheng, Liang and Kang, Guoliang and Li, Shaozi and Yang, Yi', 'Random Erasing Data Augmentation', 'AAAI', 2020, arxiv('1708.04896')),
  cifar: entry('techreport', 'Krizhevsky, Alex', 'Learning Multiple Layers of Features from Tiny Images', 'University of Toronto', 2009, 'https://www.cs.toronto.edu/~kriz/cifar.html'),
  mnist: entry('article', 'LeCun, Yann and Bottou, L{\\\'e}on and Bengio, Yoshua and Haffner, Patrick', 'Gradient-Based Learning Applied to Document Recognition', 'Proceedings of the IEEE 86', 1998, doi('10.1109/5.726791')),
  wilson: entry('article', 'Wilson, Edwin B.', 'Probable Inference, the Law of Succession, and Statistical Inference', 'Journal of the American Statistical Association 22', 1927, doi('10.1080/01621459.1927.10502953')),
  mcnemar: entry('article', 'McNemar, Quinn', 'Note on the Sampling Error of the Difference Between Correlated Proportions or Percentages', 'Psychometrika 12', 1947, doi('10.1007/BF02295996')),
  holm: entry('article', 'Holm, Sture', 'A Simple Sequentially Rejective Multiple Test Procedure', 'Scandinavian Journal of Statistics 6', 1979, 'https://www.jstor.org/stable/4615733'),
  bootstrap: entry('book', 'Efron, Bradley and Tibshirani, Robert J.', 'An Introduction to the Bootstrap', 'Chapman and Hall', 1993, doi('10.1201/9780429246593')),
  calibration: entry('inproceedings', 'Guo, Chuan and Pleiss, Geoff and Sun, Yu and Weinberger, Kilian Q.', 'On Calibration of Modern Neural Networks', 'ICML', 2017, arxiv('1706.04599')),
  brier: entry('article', 'Brier, Glenn W.', 'Verification of Forecasts Expressed in Terms of Probability', 'Monthly Weather Review 78', 1950, doi('10.1175/1520-0493(1950)078%3C0001:VOFEIT%3E2.0.CO;2')),
  rollout: entry('inproceedings', 'Abnar, Samira and Zuidema, Willem', 'Quantifying Attention Flow in Transformers', 'ACL', 2020, arxiv('2005.00928')),
  chefer: entry('inproceedings', 'Chefer, Hila and Gur, Shir and Wolf, Lior', 'Generic Attention-Model Explainability for Interpreting Bi-Modal and Encoder-Decoder Transformers', 'ICCV', 2021, arxiv('2103.15679')),
  notexplanation: entry('inproceedings', 'Jain, Sarthak and Wallace, Byron C.', 'Attention is not Explanation', 'NAACL', 2019, arxiv('1902.10186')),
  onnxruntime: entry('misc', '{ONNX Runtime developers}', 'ONNX Runtime', 'Software', 2018, 'https://onnxruntime.ai'),
  tensorflow: entry('misc', 'Abadi, Mart{\\\'i}n and Agarwal, Ashish and Barham, Paul and others', 'TensorFlow: Large-Scale Machine Learning on Heterogeneous Systems', 'Software', 2015, 'https://www.tensorflow.org'),
  tfjs: entry('inproceedings', 'Smilkov, Daniel and Thorat, Nikhil and Assogba, Yannick and others', 'TensorFlow.js: Machine Learning for the Web and Beyond', 'MLSys', 2019, arxiv('1901.05350')),
} as const satisfies Readonly<Record<string, Entry>>;

export type ReferenceKey = keyof typeof ENTRIES;

/** Of these keys, in their order. */
export function referencesOf(keys: readonly ReferenceKey[]): readonly Reference[] {
  return keys.map((key) => ({ key, text: sentence(ENTRIES[key]), url: ENTRIES[key].url }));
}

/** A `.bib` file with these. */
export function bibtex(keys: readonly ReferenceKey[]): string {
  return keys.map((key) => record(key, ENTRIES[key])).join('\n');
}

const PLACE = { article: 'journal', inproceedings: 'booktitle', book: 'publisher', techreport: 'institution', misc: 'howpublished' } as const;

function record(key: string, { type, author, title, where, year, url }: Entry): string {
  // Braces keep the capitals of a title as they are.
  const fields = { author, title: `{${title}}`, [PLACE[type]]: where, year: String(year), url };
  return `@${type}{${key},\n${Object.entries(fields).map(([name, value]) => `  ${name} = {${value}}`).join(',\n')}\n}\n`;
}

function sentence({ author, title, where, year }: Entry): string {
  const people = unbraced(author).split(' and ').map((person) => (person === 'others' ? 'et al.' : person.replace(/^(.*), (.*)$/, '$2 $1')));
  const names = people.at(-1) === 'et al.' ? `${people.slice(0, -1).join(', ')} et al.` : people.join(', ');
  return `${names.replace(/\.$/, '')}. ${title}. ${where}, ${year}.`;
}

/** LaTeX's accents as letters. */
function unbraced(words: string): string {
  const accent: Readonly<Record<string, string>> = { "'": '\u0301', '"': '\u0308' };
  return words.replaceAll(/\{\\(['"])(\w)\}/g, (_, mark: string, letter: string) => `${letter}${accent[mark]!}`.normalize('NFC')).replaceAll(/[{}]/g, '');
}
