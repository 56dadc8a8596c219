//! Records of VICIdial: rows of its logs and of its call export, as legs.
