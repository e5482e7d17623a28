// A component compiled by CXXRTL: design.h is its C++, with the names of signals only where runs may write waveforms.
// ports.h adds set_clock(), rewind_clock() and settles_at_once.

#include "design.h"
#include <cxxrtl/cxxrtl_vcd.h>

#include "ports.h"

using cxxrtl::value;

// An output is a value where it is computed, a wire where it is a register; a register shows its value before the edge.
template<size_t W> const value<W> &value_of(const value<W> &port) { return port; }
template<size_t W> const value<W> &value_of(const cxxrtl::wire<W> &port) { return port.curr; }

class engine {
	top_module &top;
	std::FILE *vcd_file = nullptr;
	cxxrtl::vcd_writer vcd;

	bool at_once() const { return settles_at_once && !vcd_file; }

	void sample_vcd(uint64_t time) {
		vcd.sample(time);
		if (vcd.buffer.size() > 1 << 20)
			flush_vcd();
	}

	void flush_vcd() {
		std::fwrite(vcd.buffer.data(), 1, vcd.buffer.size(), vcd_file);
		vcd.buffer.clear();
	}

public:
	explicit engine(top_module &top) : top(top) {}
	~engine() {
		if (vcd_file)
			std::fclose(vcd_file);
	}

	// Brings the outputs to what they are before the edge, under the inputs as they stand. One evaluation under a rising
	// clock gives both the outputs and the registers' next values, but only where one evaluation settles everything.
	void settle(uint64_t cycle) {
		if (at_once()) {
			rewind_clock(top);
			set_clock(top, 1);
			top.top_module::eval();
			return;
		}
		if (vcd_file) {
			top.step();
			sample_vcd(2 * cycle);
		}
		set_clock(top, 0);
		top.step();
		if (vcd_file)
			sample_vcd(2 * cycle + 1);
	}

	void edge() {
		if (at_once()) {
			cxxrtl::observer observer;
			top.commit(observer);
			return;
		}
		set_clock(top, 1);
		top.step();
	}

	bool open_vcd(const char *path) {
		vcd_file = std::fopen(path, "w");
		if (!vcd_file)
			return false;
		cxxrtl::debug_items items;
		top.debug_info(&items, nullptr, "top ");
		vcd = cxxrtl::vcd_writer();
		vcd.timescale(1, "ns");
		vcd.add_without_memories(items);
		return true;
	}

	void close_vcd(uint64_t cycle) {
		if (!vcd_file)
			return;
		top.step();
		vcd.sample(2 * cycle);
		flush_vcd();
		std::fclose(vcd_file);
		vcd_file = nullptr;
	}
};
