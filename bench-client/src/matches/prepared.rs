//! Everything that can be known before the clock starts.

use crate::{
    check::Answer,
    cli::MatchArgs,
    plan::{
        likes::{self, Like},
        noise::Noise,
        script::Script,
    },
};

/// What to send, and what to expect.
#[derive(Debug)]
pub(super) struct Prepared {
    pub likes: Vec<Like>,
    /// All bytes of the source.
    pub bytes: Vec<u8>,
    /// Where each write ends.
    pub cuts: Vec<usize>,
    pub answer: Answer,
    /// By match: the write that completes what a server must know.
    pub needed: Vec<usize>,
    pub malformed: u32,
    pub duplicates: u32,
}

impl Prepared {
    pub(super) fn new(args: &MatchArgs) -> Self {
        // One draw each: the order does not depend on what the events say.
        let mut seeds = fastrand::Rng::with_seed(args.seed);
        let [of_likes, of_order, of_noise] = [(); 3].map(|()| seeds.u64(..));
        let likes = likes::draw(args.events, args.users, args.holes, of_likes);
        let order = args.shuffle.order(likes.len() as u32, of_order);
        let mut noise = Noise::new(args.noise, args.users, of_noise);
        let script = Script::new(&likes, &order, &mut noise);
        let cuts = args.write.cuts(&script.bytes);
        let matches = args.rule.matches(&likes);
        let needed = script
            .needed(&likes, &matches)
            .into_iter()
            .map(|bytes| cuts.partition_point(|&cut| cut < bytes))
            .collect();
        Self {
            likes,
            bytes: script.bytes,
            cuts,
            answer: Answer::new(matches),
            needed,
            malformed: noise.malformed,
            duplicates: noise.duplicates,
        }
    }

    /// The event of this number, for messages.
    pub(super) fn event(&self, seq: u32) -> Option<&Like> {
        let place = self.likes.binary_search_by_key(&seq, |like| like.seq);
        place.ok().map(|place| &self.likes[place])
    }
}
