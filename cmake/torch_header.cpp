// Carries the precompiled LibTorch headers; see TorchHeader.cmake.
