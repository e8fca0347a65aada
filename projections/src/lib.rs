//! The read side: the projection runner and the read models.
