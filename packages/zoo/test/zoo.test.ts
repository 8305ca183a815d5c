import { createHash } from 'node:crypto'
import { checkModel, serializeModel } from '@cocoi/onnx'
import { buildModel, streamModel, ZOO, ZooError, type ZooName, zooName } from '@cocoi/zoo'
import { expect } from 'chai'
import { elements } from './zoo-session.ts'

const names = Object.keys(ZOO) as ZooName[]

/** Parameters that torchvision publishes for its own models. */
const torchvision: Record<ZooName, number> = {
  vgg16: 138_357_544,
  resnet18: 11_689_512,
  resnet50: 25_557_032,
  mobilenetv2: 3_504_872,
}

describe('zoo', () => {
  for (const name of names) {
    it(`${name} has as many parameters as torchvision's`, () => {
      const { model } = streamModel(name, 1)
      const trained = model.graph!.initializer.filter(
        tensor => !/running_|^relu6/.test(tensor.name),
      )
      const count = trained.reduce((total, tensor) => total + elements(tensor), 0)
      expect(count).to.equal(torchvision[name]).and.to.equal(ZOO[name].parameters)
      checkModel(model)
    })
  }

  it("names parameters as torchvision's state_dict does", () => {
    const parameters = (name: ZooName) =>
      streamModel(name, 1).model.graph!.initializer.map(tensor => `${tensor.name} ${tensor.dims}`)
    expect(parameters('vgg16')).to.include.members([
      'features.28.weight 512,512,3,3',
      'classifier.0.weight 4096,25088',
      'classifier.6.bias 1000',
    ])
    expect(parameters('resnet18')).to.include.members([
      'bn1.running_var 64',
      'layer2.0.downsample.0.weight 128,64,1,1',
      'layer4.1.bn2.weight 512',
    ])
    expect(parameters('resnet50')).to.include.members([
      'layer1.0.downsample.1.running_mean 256',
      'layer3.5.conv3.weight 1024,256,1,1',
      'fc.weight 1000,2048',
    ])
    expect(parameters('mobilenetv2')).to.include.members([
      'features.1.conv.0.0.weight 32,1,3,3',
      'features.17.conv.2.weight 320,960,1,1',
      'features.18.1.bias 1280',
    ])
  })

  const checksums: Partial<Record<ZooName, string>> = {
    resnet18: 'cd98fa6175a81725fbceb04fff44126894192ac057ff4edbe4ece9abe629bdf7',
    resnet50: 'd8c28abd66f38059fcc14d810e7217e948b153b6628d604e6afa52973d7c112d',
    mobilenetv2: '1732f76148427505a673e904217a276b7cbd492590a5377980e5cf9435a4d8fb',
  }
  for (const [name, checksum] of Object.entries(checksums)) {
    it(`${name} of seed 1 is the same file on every machine`, () => {
      const bytes = serializeModel(buildModel(name as ZooName, 1).model)
      expect(createHash('sha256').update(bytes).digest('hex')).to.equal(checksum)
    })
  }

  it('refuses an unknown architecture and lists those it has', () => {
    expect(() => zooName('resnet51'))
      .to.throw(ZooError, 'no "resnet51"; it has vgg16, resnet18, resnet50, mobilenetv2')
      .with.property('code', 'ERR_ZOO_UNKNOWN_MODEL')
  })

  it('does not take a property of every object for an architecture', () => {
    expect(() => zooName('toString')).to.throw(ZooError)
  })
})
