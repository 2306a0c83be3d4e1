# A client that takes every care, with its forms made and sent by Ruby's own net/http.

require 'base64'
require 'digest'
require 'json'
require 'net/http'
require 'openssl'
require 'set'
require 'stringio'
require 'uri'

ATTEMPTS = 3
PAUSE = 0.2 # seconds
TIMEOUT = 20 # seconds
UNFINISHED = -4019
# Codes of the error table that ask to come again, or that are transient by nature.
TRANSIENT = [-71, -195, -196, -5997, -20034, -21095, -29302].freeze

# No usable answer came; the next attempt may bring one.
class Lost < StandardError; end

# The service said no, with this code, and will say so again.
class Refused < StandardError
  attr_reader :code

  def initialize(code, detail)
    super(detail)
    @code = code
  end
end

def word(name) = ENV.fetch("SLICECHECK_#{name}")

def escape(segment) = segment.b.gsub(/[^A-Za-z0-9\-._~]/n) { |byte| format('%%%02X', byte.ord) }

PATH = "#{word('APPID')}/#{word('BUCKET')}#{word('KEY')}".split('/', -1).map { |part| escape(part) }.join('/')
URL = URI("#{word('ENDPOINT')}/files/v2/#{PATH}")

def upload
  File.open(word('FILE'), 'rb') do |file|
    size = file.size
    granted = start(size)
    session = granted['session']
    return if session.nil? # an address instead: the object is there already

    # The service's choice, whatever was asked for. Without one it is not for us to guess.
    step = number(granted['slice_size'])
    raise Refused.new(0, 'no slice size was granted') unless step&.positive?

    held = (granted['listparts'] || []).to_set { |part| [number(part['offset']), number(part['datalen'])] }
    (0...size).step(step) do |offset|
      length = [step, size - offset].min
      next if held.include?([offset, length])

      file.seek(offset)
      content = file.read(length)
      raise Refused.new(0, 'the file has become shorter') unless content&.bytesize == length

      persist { send_slice(session, offset, content) }
    end
    persist do
      finished = call('op' => 'upload_slice_finish', 'session' => session, 'filesize' => size)
      raise Lost, 'finish succeeded without an address' unless finished['access_url']
    end
  end
end

# Opens an upload, or takes up the one that is open.
def start(size)
  session_or_address('op' => 'upload_slice_init', 'filesize' => size, 'slice_size' => word('SLICE_SIZE'))
rescue Refused => e
  raise unless e.code == UNFINISHED

  granted = session_or_address('op' => 'upload_slice_list')
  other = number(granted['filesize'])
  raise Refused.new(UNFINISHED, 'that is of another file') unless other.nil? || other == size

  granted
end

def session_or_address(fields)
  persist do
    data = call(fields)
    raise Lost, 'neither a session nor an address' unless data['session'].is_a?(String) || data['access_url']

    data
  end
end

def send_slice(session, offset, content)
  file = StringIO.new(content)
  data = call('op' => 'upload_slice_data', 'session' => session, 'offset' => offset, 'filecontent' => file)
  digest = Digest::MD5.hexdigest(content)
  acknowledged = [data['session'], number(data['offset']), number(data['datalen']), data.fetch('datamd5', digest)]
  sent = [session, offset, content.bytesize, digest] # replies of 2016 have no digest
  raise Lost, "sent #{sent}, acknowledged #{acknowledged}" unless sent == acknowledged
end

# Posts a form and returns data of a reply whose code is 0.
def call(fields)
  request = Net::HTTP::Post.new(URL)
  request['Authorization'] = signature
  form = fields.map { |name, value| value.is_a?(StringIO) ? [name, value, { filename: 'slice' }] : [name, value.to_s] }
  request.set_form(form, 'multipart/form-data')
  response = exchange(request)
  reply = JSON.parse(response.body)
  code = number(reply['code']) if reply.is_a?(Hash)
  raise Lost, "a reply without a code: #{response.body}" if code.nil?
  raise Lost, response.body if TRANSIENT.include?(code)
  raise Refused.new(code, response.body) unless code.zero?
  raise Lost, "HTTP #{response.code}" unless response.code == '200'
  raise Lost, 'a reply without data' unless reply['data'].is_a?(Hash)

  reply['data']
rescue JSON::ParserError, EncodingError => e
  raise Lost, e.message
end

def exchange(request)
  options = { use_ssl: URL.scheme == 'https', open_timeout: TIMEOUT, read_timeout: TIMEOUT, max_retries: 0 }
  Net::HTTP.start(URL.host, URL.port, **options) { |http| http.request(request) }
rescue SystemCallError, IOError, Timeout::Error, SocketError, OpenSSL::SSL::SSLError, Net::ProtocolError,
       Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError, Zlib::Error => e
  raise Lost, e.message
end

# What is a number in every reply is a string of digits on some pages.
def number(value)
  case value
  when Integer then value
  when /\A-?\d+\z/ then value.to_i
  end
end

# Does what may succeed the next time up to three times.
def persist
  attempts = 0
  begin
    yield
  rescue Lost
    attempts += 1
    raise if attempts == ATTEMPTS

    sleep PAUSE
    retry
  end
end

def signature
  now = Time.now.to_i
  who = "a=#{word('APPID')}&b=#{word('BUCKET')}&k=#{word('SECRET_ID')}"
  clear = "#{who}&e=#{now + 600}&t=#{now}&r=#{rand(2**31)}&f="
  Base64.strict_encode64(OpenSSL::HMAC.digest('SHA1', word('SECRET_KEY'), clear) + clear.b)
end

# Neither of the wishes is known here.
exit 89 if word('OP') != 'upload' || ENV['SLICECHECK_SHA'] || ENV['SLICECHECK_INSERT_ONLY']
begin
  upload
rescue Lost, Refused, SystemCallError => e
  abort e.message
end
