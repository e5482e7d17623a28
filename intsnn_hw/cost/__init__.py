"""What a core takes: cycles, memory accesses, memories; asked by reports, energy and simulation alike."""
