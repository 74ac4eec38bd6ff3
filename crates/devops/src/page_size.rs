//! How many entries a page is asked for, where the most that a service allows is not documented.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::error::{DevOpsError, Reason};

const TAKEN: u8 = 1;
const REFUSED: u8 = 2;

/// What one resource made of the size that was asked for.
#[derive(Debug, Default)]
pub(crate) struct PageSize(AtomicU8);

impl PageSize {
    /// Asks for a page with a size, and without one if that may be why the request is not accepted: then no further
    /// page is asked for with it.
    pub(crate) async fn page<T>(
        &self,
        ask: impl AsyncFn(bool) -> Result<T, DevOpsError>,
    ) -> Result<T, DevOpsError> {
        let with_size = self.0.load(Ordering::Relaxed) != REFUSED;
        match ask(with_size).await {
            Ok(page) => {
                if with_size {
                    self.0.store(TAKEN, Ordering::Relaxed);
                }
                Ok(page)
            }
            Err(error)
                if with_size
                    && matches!(error.reason, Reason::BadRequest)
                    && self.0.load(Ordering::Relaxed) != TAKEN =>
            {
                let page = ask(false).await?;
                self.0.store(REFUSED, Ordering::Relaxed);
                Ok(page)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::error::{Doing, Words};

    fn refused(reason: Reason) -> DevOpsError {
        DevOpsError {
            reason,
            doing: Doing::ListUsers,
            organization: "acme".into(),
            who: "svc".into(),
            words: Words::default(),
        }
    }

    #[tokio::test]
    async fn a_size_that_is_not_accepted_is_given_up_for_good() {
        let (size, asked) = (PageSize::default(), RefCell::new(Vec::new()));
        let ask = async |sized| {
            asked.borrow_mut().push(sized);
            if sized {
                Err(refused(Reason::BadRequest))
            } else {
                Ok(())
            }
        };
        assert!(size.page(ask).await.is_ok() && size.page(ask).await.is_ok());
        assert_eq!(asked.into_inner(), [true, false, false]);
    }

    #[tokio::test]
    async fn a_size_that_was_taken_is_not_to_blame_for_a_request_that_is_not_accepted() {
        let (size, asked) = (PageSize::default(), RefCell::new(Vec::new()));
        let ask = async |sized| {
            asked.borrow_mut().push(sized);
            if asked.borrow().len() == 1 {
                Ok(())
            } else {
                Err(refused(Reason::BadRequest))
            }
        };
        assert!(size.page(ask).await.is_ok() && size.page(ask).await.is_err());
        assert_eq!(asked.into_inner(), [true, true]);
    }

    #[tokio::test]
    async fn what_is_refused_with_and_without_a_size_says_nothing_of_the_size() {
        let (size, asked) = (PageSize::default(), RefCell::new(Vec::new()));
        let ask = async |sized| -> Result<(), _> {
            asked.borrow_mut().push(sized);
            Err(refused(if asked.borrow().len() == 3 {
                Reason::ServiceError
            } else {
                Reason::BadRequest
            }))
        };
        assert!(size.page(ask).await.is_err() && size.page(ask).await.is_err());
        assert_eq!(asked.into_inner(), [true, false, true]);
    }
}
