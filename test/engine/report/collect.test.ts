import { expect, test } from 'vitest';
import { namesAlone } from '../../../src/engine/report/collect';

test.each([
  ['/home/ana/work/c.txt:23:18: is odd', 'c.txt:23:18: is odd'],
  ['Cannot read /data/images/cat/1.png, nor "C:\\Users\\Ana\\x.zip".', 'Cannot read 1.png, nor "x.zip".'],
  ['The server http://127.0.0.1:5000/api/2.0/mlflow answered 500', 'The server http://127.0.0.1:5000/api/2.0/mlflow answered 500'],
  ['train/loss is 3 of 4 and/or more', 'train/loss is 3 of 4 and/or more'],
  ['runs/a/config.yaml is relative', 'runs/a/config.yaml is relative'],
])('%s', (message, told) => expect(namesAlone(message)).toBe(told));
