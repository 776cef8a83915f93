package disk

import "math/rand/v2"

// Lost is the [Choice] that loses everything that is not durable.
func Lost(Undecided) Outcome { return Outcome{} }

// Kept is the [Choice] that keeps the newest version of everything: what is there after kill -9, and all of it durable.
func Kept(u Undecided) Outcome { return Outcome{Version: u.Versions - 1} }

// Random returns a [Choice] that decides by chance, the same way for the same seed and the same disk: some crashes lose
// nearly all, some nearly nothing, and of the sectors one in eight is torn. Take a new one for every crash.
func Random(seed uint64) Choice {
	rng := rand.New(rand.NewPCG(seed, 0))
	kept := rng.Float64()
	version := func(versions int) int {
		switch {
		case rng.Float64() >= kept:
			return 0
		case rng.IntN(4) == 0:
			return rng.IntN(versions)
		}
		return versions - 1
	}
	return func(u Undecided) Outcome {
		o := Outcome{Version: version(u.Versions)}
		if u.Kind == SectorKind && rng.IntN(8) == 0 {
			o.Cut = WordSize * (1 + rng.IntN(SectorSize/WordSize-1))
			o.Behind = rng.IntN(u.Versions)
		}
		return o
	}
}

// Paged returns a [Choice] for a disk that writes pages of 4 KiB and tears none: the sectors of a page are all old or
// all new, as c decides about the first of them that is undecided. Like the result of Random, it is good for one crash.
func Paged(c Choice) Choice {
	file, page, kept := gone, int64(0), false
	return func(u Undecided) Outcome {
		if u.Kind != SectorKind {
			return c(u)
		}
		if u.File != file || u.Offset/PageSize != page {
			file, page, kept = u.File, u.Offset/PageSize, c(u).Version > 0
		}
		if kept {
			return Kept(u)
		}
		return Lost(u)
	}
}
