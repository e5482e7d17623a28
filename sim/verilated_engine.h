// A component compiled by Verilator: Vmodel.h is its C++. ports.h has top_module, the model with a value for each port.

#include "Vmodel.h"

template<size_t W> struct value {
	static constexpr size_t bits = W;
	uint32_t data[(W + 31) / 32] = {};
};

template<size_t W> const value<W> &value_of(const value<W> &port) { return port; }

// From a port of the model, of up to 8, 16, 32, 64 bits or of words, and to one.
template<size_t W, class P> void get(value<W> &to, const P &from) {
	to.data[0] = uint32_t(from);
	if constexpr (W > 32)
		to.data[1] = uint32_t(uint64_t(from) >> 32);
}
template<size_t W, size_t N> void get(value<W> &to, const VlWide<N> &from) {
	std::memcpy(to.data, from.data(), sizeof to.data);
}
template<size_t W, class P> void put(P &to, const value<W> &from) {
	uint64_t word = from.data[0];
	if constexpr (W > 32)
		word |= uint64_t(from.data[1]) << 32;
	to = P(word);
}
template<size_t W, size_t N> void put(VlWide<N> &to, const value<W> &from) {
	std::memcpy(to.data(), from.data, sizeof from.data);
}

#include "ports.h"

class engine {
	top_module &top;

public:
	explicit engine(top_module &top) : top(top) {}

	// Brings the outputs to what they are before the edge, under the inputs as they stand.
	void settle(uint64_t) {
		set_clock(top, 0);
		top.write_inputs();
		top.model.eval();
		top.read_outputs();
	}

	void edge() {
		set_clock(top, 1);
		top.model.eval();
	}

	// Waveforms are for the builds of CXXRTL.
	bool open_vcd(const char *) { return false; }
	void close_vcd(uint64_t) {}
};
