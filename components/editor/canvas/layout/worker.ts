/** ELK itself: in a thread of its own it listens to the messages of `elk-api` by itself. */
import 'elkjs/lib/elk-worker.min.js';
