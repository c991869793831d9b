//! Parallel work with results in order.

use std::io::{self, Read};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Scope, available_parallelism};

use anyhow::Result;

/// How many results may wait for each worker, so that the quick ones need not wait for a slow one.
const AHEAD: usize = 4;

/// The processors that this process may use.
pub(crate) fn processors() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// Results in the order of their items, each made by whichever worker was free.
///
/// Dropped before its end, it lets the workers end early. It must be dropped inside the scope.
#[derive(Debug)]
pub(crate) struct InOrder<R>(Receiver<Receiver<R>>);

impl<R> Iterator for InOrder<R> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        // A worker that panicked leaves an empty slot; the scope passes its panic on.
        self.0.recv().ok()?.recv().ok()
    }
}

/// Has `items` worked on by `workers`, a thread for each.
///
/// A few results wait for each worker and no more: a consumer that is slow holds the workers up.
pub(crate) fn in_order<'scope, T, R: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    items: impl Iterator<Item = T> + Send + 'scope,
    workers: impl IntoIterator<Item = impl FnMut(T) -> R + Send + 'scope>,
) -> InOrder<R> {
    let workers: Vec<_> = workers.into_iter().collect();
    let (slots, results) = sync_channel(AHEAD * workers.len());
    let queue = Arc::new(Mutex::new((items, slots)));
    for mut work in workers {
        let queue = queue.clone();
        scope.spawn(move || {
            while let Some((item, slot)) = next(&queue) {
                // Nobody waits for it any more when the consumer has given up.
                let _ = slot.send(work(item));
            }
        });
    }
    InOrder(results)
}

/// The next item, and the slot that its result goes to, which is in the order of the items.
fn next<T, R>(
    queue: &Mutex<(impl Iterator<Item = T>, SyncSender<Receiver<R>>)>,
) -> Option<(T, SyncSender<R>)> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    let (items, slots) = &mut *queue;
    let item = items.next()?;
    let (slot, result) = sync_channel(1);
    slots.send(result).ok()?;
    Some((item, slot))
}

/// Bytes that a stream is read by ahead: few enough that they are still in a processor's cache when
/// they are taken.
const CHUNK: usize = 64 << 10;
/// How many chunks wait at most.
const CHUNKS: usize = 8;

/// Reads the stream that `open` opens ahead, in a thread.
///
/// It must be dropped inside the scope.
pub(crate) fn read_ahead<'scope, R: Read>(
    scope: &'scope Scope<'scope, '_>,
    open: impl FnOnce() -> Result<R> + Send + 'scope,
) -> ReadAhead {
    let (send, chunks) = sync_channel(CHUNKS);
    let (give_back, used) = sync_channel(CHUNKS + 1);
    scope.spawn(move || {
        let chunks_of = || -> io::Result<()> {
            let mut stream = open().map_err(io::Error::other)?;
            loop {
                // A buffer that was used needs no clearing.
                let mut buffer: Vec<u8> = used.try_recv().unwrap_or_else(|_| vec![0; CHUNK]);
                let length = fill(&mut stream, &mut buffer)?;
                // Nothing more, or nobody who would take it.
                if length == 0 || send.send(Ok(Chunk { buffer, length, taken: 0 })).is_err() {
                    return Ok(());
                }
            }
        };
        if let Err(error) = chunks_of() {
            let _ = send.send(Err(error));
        }
    });
    ReadAhead { chunks, chunk: Chunk::default(), give_back }
}

/// Reads until `buffer` is full or the stream ends; returns the number of bytes.
fn fill(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match stream.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Bytes that were read ahead, and how many of them were taken.
#[derive(Default)]
struct Chunk {
    buffer: Vec<u8>,
    length: usize,
    taken: usize,
}

/// A stream that a thread reads ahead.
pub(crate) struct ReadAhead {
    chunks: Receiver<io::Result<Chunk>>,
    chunk: Chunk,
    give_back: SyncSender<Vec<u8>>,
}

impl Read for ReadAhead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.taken == self.chunk.length && !buffer.is_empty() {
            let Ok(next) = self.chunks.recv() else { return Ok(0) };
            let used = std::mem::replace(&mut self.chunk, next?);
            if !used.buffer.is_empty() {
                let _ = self.give_back.try_send(used.buffer);
            }
        }
        let left = &self.chunk.buffer[self.chunk.taken..self.chunk.length];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.chunk.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_keep_the_order_whoever_is_slow() {
        for workers in [1, 2, 5] {
            let slow_at_times = |number: u64| {
                thread::sleep(Duration::from_micros(number % 3 * 200));
                number * 2
            };
            let found: Vec<_> = thread::scope(|scope| {
                in_order(scope, 0..200, vec![slow_at_times; workers]).collect()
            });
            assert_eq!(found, (0..200).map(|number| number * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_stream_read_ahead_is_the_stream_and_its_error() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("torn"))
            }
        }
        let whole: Vec<u8> = (0..3 * CHUNK + 7).map(|at| (at % 251) as u8).collect();
        thread::scope(|scope| {
            let mut found = Vec::new();
            let mut stream = read_ahead(scope, || Ok(whole.chain(Failing)));
            let error = stream.read_to_end(&mut found).unwrap_err();
            assert_eq!(error.to_string(), "torn");
            assert_eq!(found.len(), whole.len() - whole.len() % CHUNK);
            assert!(whole.starts_with(&found));
            // A stream that is left early does not keep its reader.
            let mut stream = read_ahead(scope, || Ok(io::repeat(1)));
            assert_eq!(stream.read(&mut [0; 10]).unwrap(), 10);
        });
    }

    #[test]
    fn workers_go_no_further_ahead_than_the_bound_and_end_with_the_consumer() {
        let done = AtomicUsize::new(0);
        thread::scope(|scope| {
            let work = |_| done.fetch_add(1, Ordering::SeqCst);
            let mut results = in_order(scope, 0.., [work; 2]);
            assert!(results.next().is_some());
            thread::sleep(Duration::from_millis(50));
        });
        // What was taken, what waits, and one more in the hand of each worker.
        assert!(done.load(Ordering::SeqCst) <= 1 + 2 * AHEAD + 2);
    }
}
