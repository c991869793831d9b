//! Enums whose variants have names.

/// An enum whose variants have a name in ids and words for the head of a column.
macro_rules! named {
    ($(#[$about:meta])* $name:ident { $($variant:ident $id:literal $title:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($variant,)*
        }

        impl $name {
            /// Its name in a metric's id.
            pub const fn id(self) -> &'static str {
                match self {
                    $($name::$variant => $id,)*
                }
            }

            /// The one named `id`.
            pub fn by_id(id: &str) -> Option<Self> {
                [$($name::$variant,)*].into_iter().find(|one| one.id() == id)
            }

            /// Its words for the head of a column.
            pub(super) const fn words(self) -> &'static str {
                match self {
                    $($name::$variant => $title,)*
                }
            }
        }
    };
}

pub(super) use named;
