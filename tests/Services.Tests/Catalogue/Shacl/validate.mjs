// node validate.mjs SHAPES-DIRECTORY FILE.ttl: prints one line per result, exits with 1 if there is a violation.
// SHAPES-DIRECTORY holds healthdcat-ap-r8/ and dcat-ap-3.0.1/ as published (see SOURCES.md in each).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DataFactory, Parser, Store } from 'n3'
import SHACLValidator from 'rdf-validate-shacl'

const { namedNode, quad } = DataFactory
const sh = name => namedNode(`http://www.w3.org/ns/shacl#${name}`)
const [directory, file] = process.argv.slice(2)
const read = (store, path) => store.addQuads(new Parser().parse(readFileSync(path, 'utf8')))

const shapes = new Store()
for (const name of ['dcat-ap-3.0.1/shapes.ttl', 'healthdcat-ap-r8/non-public-shapes.ttl', 'healthdcat-ap-r8/non-public-shapes_recommended.ttl']) {
  read(shapes, join(directory, name))
}
// A defect of release 8: one sh:property without sh:path. It means a node shape.
for (const { subject, object } of shapes.getQuads(null, sh('property'), null, null)) {
  if (shapes.countQuads(object, sh('path'), null, null) === 0) {
    shapes.removeQuads(shapes.getQuads(subject, sh('property'), object, null))
    shapes.addQuad(quad(subject, sh('node'), object))
  }
}
// What it imports has been read above.
shapes.removeQuads(shapes.getQuads(null, namedNode('http://www.w3.org/2002/07/owl#imports'), null, null))

const data = new Store()
read(data, file)
const report = await new SHACLValidator(shapes).validate(data)
const local = term => term?.value.replace(/.*[#/]/, '') ?? ''
let violations = 0
for (const result of report.results) {
  const severity = local(result.severity)
  violations += severity === 'Violation' ? 1 : 0
  console.log(`${severity} ${result.focusNode?.value} ${local(result.path)}: ${result.message.map(m => m.value).join(' ')}`)
}
console.log(`${data.size} triples, ${violations} violations, ${report.results.length - violations} warnings`)
process.exit(violations === 0 ? 0 : 1)
