/**
 * A process of the pool: takes a task, runs it, reports, until its parent lets go of it.
 */
import { runTask, type Task } from './task.js';

process.on('message', (task: Task) => {
  process.send?.(runTask(task));
});
