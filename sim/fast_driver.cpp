// Drives one compiled component through whole transactions. The including build supplies
//   engine.h  cxxrtl_engine.h or verilated_engine.h: value<W>, value_of(), top_module with the ports as members, and
//             engine, which evaluates it; it includes
//   ports.h   the numbers of ports, visit(), and the nets whose bit flips are counted, if any (sim/fast_binding.py)
// and loads the functions at the end through ctypes.
//
// Every item, of whatever width, is words_of(width) 32-bit words in memory, least significant first, so that 64
// bits and less are one little-endian uint64.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "engine.h"

namespace {

constexpr size_t words_of(size_t width) { return width <= 64 ? 2 : (width + 31) / 32; }

template<size_t W> uint64_t bits_of(const value<W> &port, int offset, int width) {
	uint64_t words = port.data[offset / 32];
	if (offset % 32 + width > 32)
		words |= uint64_t(port.data[offset / 32 + 1]) << 32;
	return words >> offset % 32 & ((uint64_t(1) << width) - 1);
}
template<class P> bool is_high(const P &port) { return value_of(port).data[0] & 1; }

template<size_t W> void load(value<W> &port, const uint32_t *words) { std::memcpy(port.data, words, sizeof port.data); }
template<size_t W> void store(uint32_t *words, const value<W> &port) {
	words[1] = 0;
	std::memcpy(words, port.data, sizeof port.data);
}

enum status { running = 0, complete = 1, dropped_valid = 2, changed_payload = 3 };

// splitmix64. sim/bench.py has the twin: the two must agree for equal stall patterns on both back ends.
struct coin {
	uint64_t state = 0, threshold = 0;

	bool draw() {
		if (!threshold)
			return false;
		uint64_t z = (state += 0x9E3779B97F4A7C15u);
		z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
		z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
		return ((z ^ (z >> 31)) >> 32) < threshold;
	}
};

struct record {
	std::vector<uint32_t> words;
	std::vector<uint64_t> cycles;

	void clear() {
		words.clear();
		cycles.clear();
	}

	template<size_t W> void add(const value<W> &item, uint64_t cycle) {
		size_t end = words.size();
		words.resize(end + words_of(W));
		store(words.data() + end, item);
		cycles.push_back(cycle);
	}
};

struct feed {
	const uint32_t *items = nullptr;
	uint64_t n = 0, next = 0;
	bool offered = false;
	coin gap;
	std::vector<uint64_t> cycles;

	template<size_t W> void drive(value<W> &payload, value<1> &valid) {
		if (offered)
			return;
		offered = next != n && !gap.draw();
		valid.data[0] = offered;
		if (offered)
			load(payload, items + next * words_of(W));
	}

	// Returns whether this was the last item. Leaves the port alone, which the clock edge has still to see.
	bool sample(bool ready, uint64_t cycle) {
		if (!offered || !ready)
			return false;
		cycles.push_back(cycle);
		offered = false;
		return ++next == n;
	}
};

struct sink {
	record taken;
	uint64_t expected = 0;
	bool stalled = false;
	coin stall;
	std::vector<uint32_t> held;

	template<size_t W> status check(const value<W> &payload, bool valid) {
		if (!valid)
			return dropped_valid;
		uint32_t now[words_of(W)];
		store(now, payload);
		return std::memcmp(now, held.data(), sizeof now) ? changed_payload : running;
	}

	// Returns whether this was the last item expected.
	template<size_t W> bool sample(const value<W> &payload, bool valid, bool ready, uint64_t cycle) {
		stalled = valid && !ready;
		if (stalled) {
			held.resize(words_of(W));
			store(held.data(), payload);
		}
		if (!valid || !ready)
			return false;
		taken.add(payload, cycle);
		return taken.cycles.size() == expected;
	}
};

// Bit flips of nets from each cycle's settled values to those of the next; the first cycle of a run is the reference.
struct toggle_count {
	struct word {
		const uint32_t *now;
		uint32_t mask, before;
		int net;
	};
	std::vector<word> words;
	uint64_t flips[n_nets + 1] = {};
	bool has_reference = false;

	explicit toggle_count(top_module &top) { visit_nets(top, *this); }

	template<class P> void net(int index, P &port, std::initializer_list<uint32_t> mask) {
		const uint32_t *now = value_of(port).data;
		for (uint32_t bits : mask) {
			if (bits)
				words.push_back({now, bits, 0, index});
			now++;
		}
	}

	void start() {
		has_reference = false;
		for (auto &count : flips)
			count = 0;
	}

	void sample() {
		for (auto &word : words) {
			uint32_t now = *word.now & word.mask;
			if (uint32_t changed = now ^ word.before) {
				flips[word.net] += has_reference ? __builtin_popcount(changed) : 0;
				word.before = now;
			}
		}
		has_reference = true;
	}
};

// visit() calls one of these for each port; a visitor overrides what it needs.
struct visitor {
	template<class P, class V, class R> void in_stream(int, P &, V &, R &) {}
	template<class P, class V, class R> void out_stream(int, P &, V &, R &) {}
	template<class P> void probe(int, P &, int) {}
	template<class P> void tally(int, P &, int, int) {}
	template<class P> void input(int, P &) {}
	template<class P> void output(int, P &) {}
};

struct simulation {
	top_module top;
	feed feeds[n_in_streams + 1];
	sink sinks[n_out_streams + 1];
	record probes[n_probes + 1];
	uint64_t counts[n_counts + 1] = {};
	std::vector<uint32_t> last[n_outputs + 1]; // each plain output in the last cycle
	uint64_t cycle = 0, end = 0;
	size_t open = 0; // streams that have not yet moved all their items
	int blamed = 0;  // the Out stream that broke the protocol
	engine machine{top};
	toggle_count toggles{top};

	void start() {
		cycle = open = 0;
		for (auto &feed : feeds) {
			feed.cycles.clear();
			feed.next = 0;
			feed.offered = false;
			open += feed.n > 0;
		}
		for (auto &sink : sinks) {
			sink.taken.clear();
			sink.stalled = false;
			open += sink.expected > 0;
		}
		for (auto &probe : probes)
			probe.clear();
		for (auto &count : counts)
			count = 0;
		toggles.start();
	}

	struct driver : visitor {
		simulation &sim;
		explicit driver(simulation &sim) : sim(sim) {}

		template<class P, class V, class R> void in_stream(int index, P &payload, V &valid, R &) {
			sim.feeds[index].drive(payload, valid);
		}
		template<class P, class V, class R> void out_stream(int index, P &, V &, R &ready) {
			ready.data[0] = !sim.sinks[index].stall.draw();
		}
	};

	// Reads the settled outputs of a cycle, before the clock edge.
	struct monitor : visitor {
		simulation &sim;
		int result = running;
		explicit monitor(simulation &sim) : sim(sim) {}

		template<class P, class V, class R> void in_stream(int index, P &, V &, R &ready) {
			sim.open -= sim.feeds[index].sample(is_high(ready), sim.cycle);
		}
		template<class P, class V, class R> void out_stream(int index, P &payload, V &valid, R &ready) {
			auto &sink = sim.sinks[index];
			if (sink.stalled && !result) {
				result = sink.check(value_of(payload), is_high(valid));
				sim.blamed = index;
			}
			sim.open -= sink.sample(value_of(payload), is_high(valid), is_high(ready), sim.cycle);
		}
		template<class P> void probe(int index, P &port, int offset) {
			auto &value = value_of(port);
			if (value.data[offset / 32] >> (offset % 32) & 1)
				sim.probes[index].add(value, sim.cycle);
		}
		template<class P> void tally(int index, P &port, int offset, int width) {
			sim.counts[index] += bits_of(value_of(port), offset, width);
		}
	};

	struct latch : visitor {
		simulation &sim;
		explicit latch(simulation &sim) : sim(sim) {}

		template<class P> void output(int index, P &port) {
			sim.last[index].resize(words_of(value_of(port).bits));
			store(sim.last[index].data(), value_of(port));
		}
	};

	int sample() {
		monitor monitor(*this);
		visit(top, monitor);
		if (n_nets)
			toggles.sample();
		if (!open || cycle + 1 == end)
			visit(top, latch(*this));
		return monitor.result;
	}

	int run_cycle() {
		visit(top, driver(*this));
		machine.settle(cycle);
		int result = sample();
		machine.edge();
		cycle++;
		return result;
	}

	int run(uint64_t cycles, bool past_the_end) {
		for (end = cycle + cycles; cycle < end && (open || past_the_end);)
			if (int result = run_cycle())
				return result;
		return open ? running : complete;
	}
};

struct setter : visitor {
	int wanted;
	const uint32_t *words;
	setter(int wanted, const uint32_t *words) : wanted(wanted), words(words) {}

	template<class P> void input(int index, P &port) {
		if (index == wanted)
			load(port, words);
	}
};

record &recorded(simulation *sim, bool is_probe, int index) {
	return is_probe ? sim->probes[index] : sim->sinks[index].taken;
}

} // namespace

extern "C" {

simulation *sim_new() { return new simulation; }
void sim_delete(simulation *sim) { delete sim; }
void sim_set(simulation *sim, int input, const uint32_t *words) { visit(sim->top, setter(input, words)); }
const uint32_t *sim_last(simulation *sim, int output) { return sim->last[output].data(); }
void sim_feed(simulation *sim, int stream, const uint32_t *items, uint64_t n, uint64_t state, uint64_t threshold) {
	sim->feeds[stream].items = items;
	sim->feeds[stream].n = n;
	sim->feeds[stream].gap = {state, threshold};
}
void sim_expect(simulation *sim, int stream, uint64_t n, uint64_t state, uint64_t threshold) {
	sim->sinks[stream].expected = n;
	sim->sinks[stream].stall = {state, threshold};
}
int sim_open_vcd(simulation *sim, const char *path) { return sim->machine.open_vcd(path); }
void sim_close_vcd(simulation *sim) { sim->machine.close_vcd(sim->cycle); }
void sim_start(simulation *sim) { sim->start(); }
int sim_run(simulation *sim, uint64_t cycles, int past_the_end) { return sim->run(cycles, past_the_end); }
uint64_t sim_cycle(simulation *sim) { return sim->cycle; }
int sim_blamed(simulation *sim) { return sim->blamed; }
uint64_t sim_accepted(simulation *sim, int stream) { return sim->feeds[stream].next; }
const uint64_t *sim_accepted_cycles(simulation *sim, int stream) { return sim->feeds[stream].cycles.data(); }
uint64_t sim_recorded(simulation *sim, int is_probe, int index) {
	return recorded(sim, is_probe, index).cycles.size();
}
const uint32_t *sim_words(simulation *sim, int is_probe, int index) {
	return recorded(sim, is_probe, index).words.data();
}
const uint64_t *sim_cycles(simulation *sim, int is_probe, int index) {
	return recorded(sim, is_probe, index).cycles.data();
}
uint64_t sim_flips(simulation *sim, int index) { return sim->toggles.flips[index]; }
uint64_t sim_count(simulation *sim, int index) { return sim->counts[index]; }
}
