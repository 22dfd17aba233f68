"""The gradient of an intermediate, asked for as one does in PyTorch: only the two imports name Edgewise instead.

Edges are data, so `z` has a gradient like any parameter. It is usually thrown away once it has been passed on;
`retain_grad` keeps it.
"""

import edgewise as torch
from edgewise import nn

torch.manual_seed(0)

x = torch.randn(4, 3)
t = torch.randn(4, 1)
W1 = nn.parameter.Parameter(torch.randn(3, 5))
b1 = nn.parameter.Parameter(torch.randn(5))
W2 = nn.parameter.Parameter(torch.randn(5, 1))
b2 = nn.parameter.Parameter(torch.randn(1))

z = x @ W1 + b1
z.retain_grad()
y = torch.relu(z) @ W2 + b2
loss = (y - t).abs().sum()
loss.backward()

print("loss", loss.item())
print("z.grad", z.grad)
print("W1.grad", W1.grad)
