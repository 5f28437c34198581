//! From a driver's footage to a clip that landed: signing, admission, verdicts.
