//! Where logs come from and how they are read: files, folders, standard input, S3.

pub mod layout;
pub mod size;
pub mod window;
