"""A network of all kinds of parts."""

import edgewise as ew
from edgewise import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(3, 4)
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        self.scale = nn.Parameter(ew.tensor(2.0))
        self.register_buffer("offset", ew.tensor([1.0]))
        self.register_buffer("cache", ew.tensor([0.0]), persistent=False)
        self.out = nn.Sequential(nn.ReLU(), nn.Linear(4, 2))

    def forward(self, x):
        x = self.hidden(x)
        for layer in self.layers:
            x = layer(x)
        return self.out(x) * self.scale + self.offset
