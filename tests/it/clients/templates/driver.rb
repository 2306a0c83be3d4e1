# A driver in Ruby: one process per scenario, or one for all with --driver. Your client goes into `upload`.
require 'json'

# Uploads the file at words['file']; an exception is a claim of failure.
def upload(words)
  raise "call your client here: #{words['endpoint']}#{words['key']}"
end

def claim(words)
  return { outcome: 'unsupported' } if words['op'] != 'upload'

  upload(words)
  { outcome: 'ok' }
rescue StandardError => e
  { outcome: 'api_error', detail: e.message }
end

$stdout.sync = true
if ENV['SLICECHECK_OP']
  words = ENV.to_h.select { |name, _| name.start_with?('SLICECHECK_') }
  said = claim(words.transform_keys { |name| name.delete_prefix('SLICECHECK_').downcase })
  puts JSON.generate(said)
  exit({ 'ok' => 0, 'unsupported' => 89 }.fetch(said[:outcome], 1))
end
$stdin.each_line do |line|
  words = JSON.parse(line)
  said = words['hello'] ? { name: 'my driver', version: '1.0' } : { id: words['id'], **claim(words) }
  puts JSON.generate(said)
end
