//! In process, over an embedded store in a directory of its own: the router is asked as a client would.
