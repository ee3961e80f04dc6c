//! Where logs come from and how they are read: files, folders, standard input, S3; plain or gzip; by several threads.

pub mod account;
pub mod digest;
pub mod foreign;
pub mod known;
pub mod layout;
pub mod locate;
pub mod other_logs;
pub mod pool;
pub mod queue;
pub mod read;
pub mod s3;
pub mod saved;
pub mod size;
pub mod stream;
pub mod unpack;
pub mod window;
pub mod wrapped;
