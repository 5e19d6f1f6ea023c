import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

import helpers.points as points


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc1 = nn.Linear(2, 16)
        self.dropout = nn.Dropout(0.0)
        self.fc2 = nn.Linear(16, 3)
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x):
        self.seen += x.size(0)
        x = F.relu(self.fc1(x))
        x = self.dropout(x)
        return F.log_softmax(self.fc2(x), dim=1)


def train(model, device, loader, optimizer, epoch):
    model.train()
    for batch_idx, (data, target) in enumerate(loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
    print("Train Epoch: {} Loss: {:.4f}".format(epoch, loss.item()))


def test(model, device, loader):
    model.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for data, target in loader:
            data, target = data.to(device), target.to(device)
            output = model(data)
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    print("Average loss: {:.4f}, Accuracy: {}/{}".format(test_loss / len(loader.dataset), correct, len(loader.dataset)))


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Linear") != -1:
        with torch.no_grad():
            m.weight.copy_(points.fixed(*m.weight.shape))
        m.bias.data.fill_(0)


torch.manual_seed(1)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
x, y = points.make()
loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=False)
model = Net().to(device)
model.apply(weights_init)
optimizer = optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
scheduler = StepLR(optimizer, step_size=5, gamma=0.7)
for epoch in range(1, 11):
    train(model, device, loader, optimizer, epoch)
    scheduler.step()
test(model, device, loader)
print(scheduler.get_last_lr(), len(loader), model.seen.item())
criterion = nn.CrossEntropyLoss()
print(criterion(model(x), y).item())
