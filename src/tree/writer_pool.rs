//! Writes files from several threads: creating them is most of the time of an extraction.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use anyhow::{Result, anyhow};

use super::new_file::NewFile;
use crate::sys::parallel::processors;

/// From how many bytes on files are handed over: fewer would not be worth waking a thread.
const BATCH: usize = 64 << 10;
/// From how many files on, however short they are: each may hold a directory open that no other does, and a
/// process has 1024 handles where nobody gave it more.
const FILES: usize = 64;
/// How many batches wait for each thread, so that it need not wait for the next one.
const WAITING: usize = 2;
/// Writer threads besides the reader. The kernel creates the files of one directory one at a time.
const THREADS_MAX: usize = 3;

/// Threads that write files, besides the one that produces them.
#[derive(Debug)]
pub(super) struct WriterPool {
    root: PathBuf,
    threads: Vec<Writing>,
    batch: Vec<NewFile>,
    bytes: usize,
}

/// A thread at work: what it is sent, and how it ends. Both are taken from it when it is joined.
#[derive(Debug)]
struct Writing {
    batches: Option<SyncSender<Vec<NewFile>>>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl WriterPool {
    /// A thread for each processor but one, to write below `root`; none on a single processor.
    pub(super) fn new(root: PathBuf) -> Self {
        let threads = (1..processors().min(1 + THREADS_MAX)).map(|_| Writing::start(&root));
        Self { threads: threads.collect(), root, batch: Vec::new(), bytes: 0 }
    }

    /// Queues `file` for writing.
    ///
    /// # Errors
    /// Errors of this file, or of an earlier one.
    pub(super) fn put(&mut self, file: NewFile) -> Result<()> {
        self.bytes += file.data.len();
        self.batch.push(file);
        let full = self.bytes >= BATCH || self.batch.len() >= FILES;
        if full || self.threads.is_empty() { self.hand_over() } else { Ok(()) }
    }

    /// Hands the batch to an idle thread; if all are busy it is written here.
    fn hand_over(&mut self) -> Result<()> {
        self.bytes = 0;
        let mut batch = std::mem::take(&mut self.batch);
        for writing in &mut self.threads {
            let Some(batches) = &writing.batches else { continue };
            match batches.try_send(batch) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(back)) => batch = back,
                Err(TrySendError::Disconnected(back)) => {
                    writing.join()?;
                    batch = back;
                }
            }
        }
        batch.into_iter().try_for_each(|file| file.write(&self.root))
    }

    /// Waits until all is written.
    ///
    /// # Errors
    /// Errors of any file.
    pub(super) fn finish(mut self) -> Result<()> {
        self.hand_over()?;
        for writing in &mut self.threads {
            writing.batches = None;
        }
        self.threads.iter_mut().try_for_each(Writing::join)
    }
}

impl Writing {
    fn start(root: &Path) -> Self {
        let root = root.to_path_buf();
        let (batches, waiting): (_, Receiver<Vec<NewFile>>) = sync_channel(WAITING);
        let write = move || waiting.into_iter().flatten().try_for_each(|file| file.write(&root));
        Self { batches: Some(batches), thread: Some(thread::spawn(write)) }
    }

    fn join(&mut self) -> Result<()> {
        self.batches = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(_)) => Err(anyhow!("a writer thread panicked")),
            Some(Ok(written)) => written,
            None => Ok(()),
        }
    }
}

/// After an error nothing may be written any more: the folder may be removed next.
impl Drop for WriterPool {
    fn drop(&mut self) {
        for writing in &mut self.threads {
            let _ = writing.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::tree::folder::{Links, Writer};
    use crate::tree::{Entry, Node, TreePath};

    fn file(number: usize) -> Entry {
        let path = TreePath::new(format!("in/{number}.h")).unwrap();
        Entry { path, mtime: 7, node: Node::File { data: vec![b'x'; 4000], executable: false } }
    }

    #[test]
    fn a_file_that_stands_in_the_way_is_named_whoever_met_it() {
        for blocked in [0, 99, 199] {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("in")).unwrap();
            let there = dir.path().join(format!("in/{blocked}.h"));
            fs::write(&there, "mine").unwrap();
            let mut writer = Writer::new(dir.path(), Links::Inside);
            let put = (0..200).try_for_each(|number| writer.put(file(number)));
            let error = format!("{:#}", put.and_then(|()| writer.finish()).unwrap_err());
            assert!(error.starts_with(&*there.to_string_lossy()), "{error}");
            assert_eq!(fs::read(&there).unwrap(), b"mine");
        }
    }

    #[test]
    fn what_was_given_up_is_written_to_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        for files in [0, 1, 50, 300] {
            fs::create_dir(&root).unwrap();
            let mut writer = Writer::new(&root, Links::Inside);
            (0..files).try_for_each(|number| writer.put(file(number))).unwrap();
            drop(writer);
            fs::remove_dir_all(&root).unwrap();
        }
    }
}
