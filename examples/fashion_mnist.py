"""Trains a multi-layer perceptron or a convolutional network on Fashion-MNIST.

    python examples/fashion_mnist.py --model mlp
    python examples/fashion_mnist.py --model cnn --checkpoint cnn.safetensors

Ctrl-C stops at the end of a step and saves to the checkpoint; the same command with --resume goes on from there.
"""

import argparse
import os
import time

import edgewise as ew
from edgewise import nn
from edgewise.data import FASHION_CLASSES, DataLoader, fashion_mnist
from edgewise.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from edgewise.training import accuracy


def mlp():
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 256),
        nn.ReLU(),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.25),
        nn.Linear(32 * 7 * 7, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def main():
    parser = argparse.ArgumentParser(description="Train on Fashion-MNIST.")
    parser.add_argument("--model", choices=["mlp", "cnn"], default="mlp")
    parser.add_argument(
        "--data", metavar="FOLDER", help="where the four idx files are; looked for, or downloaded, if not given"
    )
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-3, help="the highest learning rate of Adam (default: 0.002)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", metavar="FILE", help="save here after each epoch, and when interrupted")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint, if it is there")
    parser.add_argument("--plain", action="store_true", help="one line for each epoch instead of a progress bar")
    options = parser.parse_args()
    if options.resume and not options.checkpoint:
        parser.error("--resume needs --checkpoint FILE")

    ew.manual_seed(options.seed)
    train, test = fashion_mnist(options.data)
    model = {"mlp": mlp, "cnn": cnn}[options.model]()
    print(nn.summary(model, train[0][0].unsqueeze(0)))

    loader = DataLoader(train, options.batch_size, shuffle=True)
    optimizer = ew.optim.Adam(model.parameters(), lr=options.lr)
    # Up in the first half epoch, then down along a cosine to the end.
    steps, warm = options.epochs * len(loader), len(loader) // 2
    schedule = SequentialLR(
        optimizer,
        [LinearLR(optimizer, 0.1, total_iters=warm), CosineAnnealingLR(optimizer, T_max=steps - warm)],
        milestones=[warm],
    )
    resumed = options.resume and os.path.exists(options.checkpoint)
    started = time.perf_counter()
    history = ew.fit(
        model,
        loader,
        loss=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        epochs=options.epochs,
        validation=test,
        metrics={"acc": accuracy},
        schedule=schedule,
        schedule_every="step",
        checkpoint=options.checkpoint,
        resume=options.resume,
        progress="plain" if options.plain else True,
    )
    if history.stopped == "interrupted":
        return
    print(f"\n{options.model}: {sum(history['seconds']):.0f} s for training and validation")
    if resumed:
        print(f"of these, {time.perf_counter() - started:.0f} s since it was resumed")
    result = ew.evaluate(model, test, nn.CrossEntropyLoss(), ["accuracy"])
    print(f"test accuracy {result['accuracy']:.2%}, test loss {result['loss']:.4f}\n")

    classes = ew.predict(model, test).argmax(dim=1).numpy()
    labels = test.tensors[1].numpy()
    for number, name in enumerate(FASHION_CLASSES):
        print(f"  {name:<12} {(classes == number)[labels == number].mean():.1%}")


if __name__ == "__main__":
    main()
